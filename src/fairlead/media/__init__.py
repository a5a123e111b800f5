"""What a file is, its perceptual hashes and metadata; every decoder in the sandbox."""
