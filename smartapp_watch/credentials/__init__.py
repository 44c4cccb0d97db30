"""What is kept of tokens between two runs: one small file that survives a kill at every write."""
