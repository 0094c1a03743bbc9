"""Files as bytes: JSON with a seal, Parquet, plain reading and writing."""
