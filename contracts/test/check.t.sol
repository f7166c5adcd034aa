// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";
import {ReferenceTree} from "./ReferenceTree.sol";

contract CheckTest is Base {
    bytes32 private constant DIGEST = keccak256("a document");
    uint64 private constant STATUS = 1000;

    /// @dev The arguments of `check`, so that a test can damage one of them.
    struct Proof {
        bytes32 root;
        bytes32 digest;
        uint64 statusIndex;
        uint32 leafIndex;
        uint32 treeSize;
        bytes32[] path;
    }

    function _check(bytes32 id, Proof memory proof) private view returns (uint256) {
        return uint256(
            registry.check(id, proof.root, proof.digest, proof.statusIndex, proof.leafIndex, proof.treeSize, proof.path)
        );
    }

    function _expect(ICredentialRegistry.CheckResult expected, Proof memory proof) private view {
        vm.assertEq(_check(issuerId, proof), uint256(expected));
    }

    function _expectValid(Proof memory proof) private view {
        _expect(ICredentialRegistry.CheckResult.Valid, proof);
    }

    function _expectNotIncluded(Proof memory proof) private view {
        _expect(ICredentialRegistry.CheckResult.NotIncluded, proof);
    }

    function _digest(uint32 leafIndex) private pure returns (bytes32) {
        return keccak256(abi.encode(DIGEST, leafIndex));
    }

    /// @dev Leaf i stands for digest i and status index STATUS + i.
    function _leaves(uint32 treeSize) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](treeSize);
        for (uint32 i = 0; i < treeSize; ++i) {
            leaves[i] = ReferenceTree.leafHash(_digest(i), STATUS + i);
        }
    }

    function _prove(bytes32[] memory leaves, uint32 leafIndex) private pure returns (Proof memory) {
        return Proof({
            root: ReferenceTree.root(leaves),
            digest: _digest(leafIndex),
            statusIndex: STATUS + leafIndex,
            leafIndex: leafIndex,
            treeSize: uint32(leaves.length),
            path: ReferenceTree.inclusionPath(leaves, leafIndex)
        });
    }

    /// @dev The proof of one leaf of an anchored batch.
    function _anchored(uint32 treeSize, uint32 leafIndex) private returns (Proof memory proof) {
        proof = _prove(_leaves(treeSize), leafIndex);
        _anchor(proof.root, treeSize);
    }

    function test_GivenTheIssuerIsUnknown() external {
        Proof memory proof = _anchored(5, 2);
        vm.assertEq(_check(UNKNOWN, proof), uint256(ICredentialRegistry.CheckResult.NotAnchored));
    }

    function test_GivenOnlyAnotherIssuerAnchoredTheRoot() external {
        Proof memory proof = _prove(_leaves(5), 2);
        vm.prank(OTHER_ADMIN);
        registry.anchor(otherIssuerId, proof.root, 5);
        _expect(ICredentialRegistry.CheckResult.NotAnchored, proof);
    }

    function test_GivenTheBatchWasWithdrawn() external {
        Proof memory proof = _anchored(5, 2);
        _withdraw(proof.root);
        _expect(ICredentialRegistry.CheckResult.Withdrawn, proof);
        _revoke(proof.statusIndex / 256, _bit(proof.statusIndex));
        _expect(ICredentialRegistry.CheckResult.Withdrawn, proof);
    }

    function testFuzz_WhenTheSizeIsNotThatOfTheAnchor(uint32 treeSize) external {
        vm.assume(treeSize != 5);
        Proof memory proof = _anchored(5, 2);
        proof.treeSize = treeSize;
        _expectNotIncluded(proof);
    }

    function testFuzz_WhenTheIndexIsNotBelowTheSize(uint32 leafIndex) external {
        Proof memory proof = _anchored(5, 4);
        proof.leafIndex = uint32(_within(leafIndex, 5, type(uint32).max));
        _expectNotIncluded(proof);
    }

    function testFuzz_WhenTheDigestIsAnother(bytes32 digest) external {
        Proof memory proof = _anchored(5, 2);
        vm.assume(digest != proof.digest);
        proof.digest = digest;
        _expectNotIncluded(proof);
    }

    function testFuzz_WhenTheStatusIndexIsAnother(uint64 statusIndex) external {
        Proof memory proof = _anchored(5, 2);
        vm.assume(statusIndex != proof.statusIndex);
        proof.statusIndex = statusIndex;
        _expectNotIncluded(proof);
    }

    function testFuzz_WhenThePathIsLongerThanAnyTreeIsDeep(bytes32[] calldata more) external {
        Proof memory proof = _anchored(5, 2);
        bytes32[] memory path = new bytes32[](33 + more.length);
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = i < proof.path.length ? proof.path[i] : i < 33 ? bytes32(0) : more[i - 33];
        }
        proof.path = path;
        _expectNotIncluded(proof);
    }

    function test_WhenANodeIsPassedOffAsALeaf() external {
        // The root of a batch of two, anchored as if it were a batch of one: no digest and index hash to it.
        Proof memory proof = _prove(_leaves(2), 0);
        _anchor(proof.root, 1);
        bytes32 right = proof.path[0];
        proof.treeSize = 1;
        proof.path = new bytes32[](0);
        _expectNotIncluded(proof);
        proof.digest = right;
        _expectNotIncluded(proof);
        proof.digest = proof.root;
        _expectNotIncluded(proof);
    }

    function testFuzz_GivenABatchOfOne(bytes32 digest, uint64 statusIndex, bytes32 extra) external {
        bytes32 root = ReferenceTree.leafHash(digest, statusIndex);
        _anchor(root, 1);
        Proof memory proof = Proof(root, digest, statusIndex, 0, 1, new bytes32[](0));
        _expectValid(proof);
        proof.path = new bytes32[](1);
        proof.path[0] = extra;
        _expectNotIncluded(proof);
    }

    function test_GivenTheIndexIsRevoked() external {
        Proof memory proof = _anchored(5, 2);
        _revoke(proof.statusIndex / 256, _bit(proof.statusIndex));
        _expect(ICredentialRegistry.CheckResult.Revoked, proof);
        _suspend(proof.statusIndex / 256, _bit(proof.statusIndex));
        _expect(ICredentialRegistry.CheckResult.Revoked, proof);
    }

    function test_GivenTheIndexIsSuspended() external {
        Proof memory proof = _anchored(5, 2);
        _suspend(proof.statusIndex / 256, _bit(proof.statusIndex));
        _expect(ICredentialRegistry.CheckResult.Suspended, proof);
    }

    function testFuzz_GivenOnlyTheNeighboursOfTheIndexAreRevokedAndSuspended(uint64 statusIndex) external {
        bytes32 root = ReferenceTree.leafHash(DIGEST, statusIndex);
        _anchor(root, 1);
        uint64 word = statusIndex / 256;
        uint256 others = ~_bit(statusIndex);
        _revoke(word, others);
        _suspend(word, others);
        _revoke(word + 1, type(uint256).max);
        _suspend(word == 0 ? 2 : word - 1, type(uint256).max);
        _expectValid(Proof(root, DIGEST, statusIndex, 0, 1, new bytes32[](0)));
    }

    function test_GivenABatchWhoseRootAnotherProgramComputed() external {
        // Seven entries SHA-256("cairn 0") … SHA-256("cairn 6") with status indexes 1000 … 1006, by Python's hashlib.
        bytes32 root = 0xceb7e70f6ba8b567c6f0521710f39bde2b070af591409a0b9a0dc21981fd507f;
        _anchor(root, 7);
        bytes32[] memory path = new bytes32[](3);
        path[0] = 0x5c73871503e713ce62808e59275d5a0e9ab6d0d7a25b687ad5e8119e4ea8018e;
        path[1] = 0xb9533d5c20fc3199503674d505360c2633db637c2936ab2eeabc5b7bf0237989;
        path[2] = 0xb1ea349a8354ab26e2862d8280eaf94a352c50f3e6fe065f84f59553c3a34984;
        _expectValid(Proof(root, sha256("cairn 5"), 1005, 5, 7, path));
        bytes32[] memory shorter = new bytes32[](2);
        shorter[0] = 0x14002c92e2a78a706120dc6b150bc8c32c1fed299d97d93449dfeaf95c0bdea5;
        shorter[1] = path[2];
        _expectValid(Proof(root, sha256("cairn 6"), 1006, 6, 7, shorter));
    }

    function test_GivenEveryBatchOf1To33Leaves() external {
        for (uint32 treeSize = 1; treeSize <= 33; ++treeSize) {
            bytes32[] memory leaves = _leaves(treeSize);
            _anchor(ReferenceTree.root(leaves), treeSize);
            for (uint32 leafIndex = 0; leafIndex < treeSize; ++leafIndex) {
                Proof memory proof = _prove(leaves, leafIndex);
                _expectValid(proof);
                _damageNumbers(proof);
                _damagePath(proof);
                _expectValid(proof); // the damage was undone, so each case had one fault
            }
        }
    }

    /// @dev Every other index, and the neighbouring sizes, status indexes and digest.
    function _damageNumbers(Proof memory proof) private view {
        uint32 leafIndex = proof.leafIndex;
        for (uint32 other = 0; other <= proof.treeSize; ++other) {
            if (other == leafIndex) continue;
            proof.leafIndex = other;
            _expectNotIncluded(proof);
        }
        proof.leafIndex = leafIndex;
        ++proof.treeSize;
        _expectNotIncluded(proof);
        proof.treeSize -= 2;
        _expectNotIncluded(proof);
        ++proof.treeSize;
        ++proof.statusIndex;
        _expectNotIncluded(proof);
        --proof.statusIndex;
        proof.digest ^= bytes32(uint256(1));
        _expectNotIncluded(proof);
        proof.digest ^= bytes32(uint256(1));
    }

    /// @dev Each node changed, left out, doubled, and swapped with the next; one more at either end.
    function _damagePath(Proof memory proof) private view {
        bytes32[] memory path = proof.path;
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] ^= bytes32(uint256(1) << 255);
            _expectNotIncluded(proof);
            path[i] ^= bytes32(uint256(1) << 255);
            proof.path = _without(path, i);
            _expectNotIncluded(proof);
            proof.path = _with(path, i, path[i]);
            _expectNotIncluded(proof);
            proof.path = path;
            if (i + 1 == path.length) continue;
            (path[i], path[i + 1]) = (path[i + 1], path[i]);
            _expectNotIncluded(proof);
            (path[i], path[i + 1]) = (path[i + 1], path[i]);
        }
        proof.path = _with(path, path.length, bytes32(0));
        _expectNotIncluded(proof);
        proof.path = _with(path, 0, proof.root);
        _expectNotIncluded(proof);
        proof.path = path;
    }

    function testFuzz_GivenABatchOfAnySizeUpToTheLargest(
        uint32 treeSize,
        uint32 leafIndex,
        bytes32 seed,
        uint8 bits,
        uint8 fault,
        uint8 place
    ) external {
        // Sizes of every length: folded alone, nearly all would have 32 bits.
        treeSize = uint32(_within(treeSize, 2, type(uint32).max >> (bits % 31)));
        leafIndex = uint32(_within(leafIndex, 0, treeSize - 1));
        bytes32[] memory path = new bytes32[](ReferenceTree.pathLength(leafIndex, treeSize));
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = keccak256(abi.encode(seed, i));
        }
        bytes32 root = ReferenceTree.rootOfPath(ReferenceTree.leafHash(seed, STATUS), leafIndex, treeSize, path);
        _anchor(root, treeSize);
        Proof memory proof = Proof(root, seed, STATUS, leafIndex, treeSize, path);
        _expectValid(proof);
        if (fault % 3 == 0) proof.path = _without(path, place % path.length);
        else if (fault % 3 == 1) proof.path = _with(path, place % (path.length + 1), seed);
        else path[place % path.length] ^= bytes32(_bit(fault));
        _expectNotIncluded(proof);
    }

    function _without(bytes32[] memory path, uint256 position) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = path[i < position ? i : i + 1];
        }
    }

    function _with(bytes32[] memory path, uint256 position, bytes32 node)
        private
        pure
        returns (bytes32[] memory longer)
    {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < longer.length; ++i) {
            longer[i] = i < position ? path[i] : i == position ? node : path[i - 1];
        }
    }
}
