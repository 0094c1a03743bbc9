"""What faces say, and how they write numbers and dates, in English and in French."""
