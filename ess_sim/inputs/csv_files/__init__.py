"""CSV files of users, as spreadsheets and agencies write them."""
