// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The Merkle tree as RFC 9162 section 2.1 defines it: recursive, slow, and nothing like the registry's loop.
library ReferenceTree {
    /// @dev Section 2.1.1: the hash of a list of leaves.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        if (leaves.length == 1) return leaves[0];
        uint256 split = _split(leaves.length);
        return nodeHash(root(_slice(leaves, 0, split)), root(_slice(leaves, split, leaves.length)));
    }

    /// @dev Section 2.1.3.1: the inclusion path of a leaf, leaf upward.
    function inclusionPath(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
        if (leaves.length == 1) return path;
        uint256 split = _split(leaves.length);
        bytes32[] memory left = _slice(leaves, 0, split);
        bytes32[] memory right = _slice(leaves, split, leaves.length);
        if (index < split) return _append(inclusionPath(left, index), root(right));
        return _append(inclusionPath(right, index - split), root(left));
    }

    /// @dev How long the path of a leaf is, by the same recursion.
    function pathLength(uint256 index, uint256 size) internal pure returns (uint256) {
        if (size == 1) return 0;
        uint256 split = _split(size);
        return 1 + (index < split ? pathLength(index, split) : pathLength(index - split, size - split));
    }

    /// @dev The root of a tree of which only one leaf and its path (of the right length) are known.
    function rootOfPath(bytes32 leaf, uint256 index, uint256 size, bytes32[] memory path)
        internal
        pure
        returns (bytes32)
    {
        if (size == 1) return leaf;
        bytes32 sibling = path[path.length - 1];
        bytes32[] memory rest = _slice(path, 0, path.length - 1);
        uint256 split = _split(size);
        if (index < split) return nodeHash(rootOfPath(leaf, index, split, rest), sibling);
        return nodeHash(sibling, rootOfPath(leaf, index - split, size - split, rest));
    }

    /// @dev An entry is a digest and a status index; a leaf is its hash behind 0x00.
    function leafHash(bytes32 digest, uint64 statusIndex) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", digest, bytes8(statusIndex)));
    }

    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"01", left, right));
    }

    /// @dev The largest power of two smaller than n.
    function _split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function _slice(bytes32[] memory list, uint256 from, uint256 to) private pure returns (bytes32[] memory part) {
        part = new bytes32[](to - from);
        for (uint256 i = from; i < to; ++i) {
            part[i - from] = list[i];
        }
    }

    function _append(bytes32[] memory list, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = last;
    }
}
