// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ReferenceTree} from "./ReferenceTree.sol";

contract IsIncludedTest is Base {
    /// @dev Tells it from the path that would be right, by the recursion of RFC 9162.
    function _expected(bytes32 root, bytes32 leafHash, uint64 leafIndex, uint64 treeSize, bytes32[] memory path)
        private
        pure
        returns (bool)
    {
        if (leafIndex >= treeSize || path.length != ReferenceTree.pathLength(leafIndex, treeSize)) return false;
        return ReferenceTree.rootOfPath(leafHash, leafIndex, treeSize, path) == root;
    }

    function _path(bytes32 seed, uint256 length) private pure returns (bytes32[] memory path) {
        path = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            path[i] = keccak256(abi.encode(seed, i));
        }
    }

    function testFuzz_WhenTheTreeIsEmpty(bytes32 root, bytes32 leafHash, uint64 leafIndex) external view {
        vm.assertEq(registry.isIncluded(root, leafHash, leafIndex, 0, new bytes32[](0)), false);
        vm.assertEq(registry.isIncluded(leafHash, leafHash, 0, 0, new bytes32[](0)), false);
    }

    function testFuzz_WhenTheIndexIsNotBelowTheSize(bytes32 leafHash, uint64 leafIndex, uint64 treeSize) external view {
        treeSize = uint64(_within(treeSize, 1, FOREVER));
        leafIndex = uint64(_within(leafIndex, treeSize, FOREVER));
        vm.assertEq(registry.isIncluded(leafHash, leafHash, leafIndex, treeSize, new bytes32[](0)), false);
        vm.assertEq(registry.isIncluded(leafHash, leafHash, 1, 1, new bytes32[](0)), false);
    }

    function testFuzz_GivenATreeOfOne(bytes32 leafHash, bytes32 other) external view {
        vm.assume(other != leafHash);
        vm.assertEq(registry.isIncluded(leafHash, leafHash, 0, 1, new bytes32[](0)), true);
        vm.assertEq(registry.isIncluded(other, leafHash, 0, 1, new bytes32[](0)), false);
        vm.assertEq(registry.isIncluded(leafHash, leafHash, 0, 1, _path(other, 1)), false);
    }

    function test_GivenEveryTreeOf1To40Leaves() external view {
        for (uint64 treeSize = 1; treeSize <= 40; ++treeSize) {
            bytes32[] memory leaves = _path(ROOT, treeSize);
            bytes32 root = ReferenceTree.root(leaves);
            for (uint64 leafIndex = 0; leafIndex < treeSize; ++leafIndex) {
                bytes32[] memory path = ReferenceTree.inclusionPath(leaves, leafIndex);
                vm.assertEq(registry.isIncluded(root, leaves[leafIndex], leafIndex, treeSize, path), true);
                vm.assertEq(registry.isIncluded(root, root, leafIndex, treeSize, path), treeSize == 1);
            }
        }
    }

    function testFuzz_GivenATreeOfAnySizeUpToTheLargest(bytes32 seed, uint64 leafIndex, uint64 treeSize, uint8 bits)
        external
        view
    {
        // Sizes of every length: folded alone, nearly all would have 64 bits.
        treeSize = uint64(_within(treeSize, 1, FOREVER >> (bits % 64)));
        leafIndex = uint64(_within(leafIndex, 0, treeSize - 1));
        if (bits > 127) leafIndex = treeSize - 1 - leafIndex % _smaller(treeSize, 3);
        bytes32[] memory path = _path(seed, ReferenceTree.pathLength(leafIndex, treeSize));
        bytes32 root = ReferenceTree.rootOfPath(seed, leafIndex, treeSize, path);
        vm.assertEq(registry.isIncluded(root, seed, leafIndex, treeSize, path), true);
        vm.assertEq(registry.isIncluded(root, ~seed, leafIndex, treeSize, path), false);
        vm.assertEq(registry.isIncluded(~root, seed, leafIndex, treeSize, path), false);
    }

    function _smaller(uint64 left, uint64 right) private pure returns (uint64) {
        return left < right ? left : right;
    }

    function testFuzz_WhenAnythingIsDamaged(
        bytes32 seed,
        uint64 leafIndex,
        uint64 treeSize,
        uint8 length,
        uint8 position,
        uint8 fault
    ) external view {
        treeSize = uint64(_within(treeSize, 1, 2 ** (1 + uint256(fault) / 4) - 1));
        leafIndex = uint64(_within(leafIndex, 0, treeSize - 1));
        bytes32[] memory path = _path(seed, ReferenceTree.pathLength(leafIndex, treeSize));
        bytes32 root = ReferenceTree.rootOfPath(seed, leafIndex, treeSize, path);
        if (fault % 4 == 0) path = _path(seed, length % 70);
        else if (fault % 4 == 1 && path.length != 0) path[position % path.length] ^= bytes32(_bit(length));
        else if (fault % 4 == 2) leafIndex ^= uint64(1) << (position % 64);
        else treeSize ^= uint64(1) << (position % 64);
        bool expected = _expected(root, seed, leafIndex, treeSize, path);
        vm.assertEq(registry.isIncluded(root, seed, leafIndex, treeSize, path), expected);
    }
}
