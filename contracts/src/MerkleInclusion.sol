// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Inclusion proofs of RFC 9162 over SHA-256
library MerkleInclusion {
    /// @notice The hash of a leaf: SHA-256 of 0x00, the document's digest, and its status index in eight bytes.
    function hashLeaf(bytes32 digest, uint64 statusIndex) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), digest, statusIndex));
    }

    /// @notice Whether the tree with this root and size holds the leaf at this index.
    /// @dev RFC 9162 section 2.1.3.2. Sides and length of the path follow from index and size alone, so that a path can
    /// neither be shortened, lengthened nor turned; more than 64 nodes are never read.
    function isIncluded(bytes32 root, bytes32 leafHash, uint64 leafIndex, uint64 treeSize, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        if (leafIndex >= treeSize) return false;
        uint64 node = leafIndex;
        uint64 last = treeSize - 1;
        bytes32 computed = leafHash;
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last) {
                computed = _hashNode(path[i], computed);
                // A node without a right sibling moves up unchanged until it has a left one.
                while ((node & 1) == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                computed = _hashNode(computed, path[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && computed == root;
    }

    function _hashNode(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
