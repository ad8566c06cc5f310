"""S3 from outside, and the parts of it that have many cases."""
