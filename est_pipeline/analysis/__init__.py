"""What the reports mean: frames in, frames out, nothing read or written."""
