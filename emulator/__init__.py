"""The mock AWS endpoint: one HTTP port that speaks for EC2, S3, IAM and STS."""
