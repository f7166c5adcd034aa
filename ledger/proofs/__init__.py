"""What secures a document: Data Integrity proofs, the Merkle tree, the anchor proof, status lists. Pure."""
