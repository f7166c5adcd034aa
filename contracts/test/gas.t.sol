// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {SponsoredBase} from "./SponsoredBase.sol";

/// @notice What a whole transaction costs, its 21,000 and its calldata included (`isolate` makes each call one).
/// forge-config: default.isolate = true
contract GasTest is SponsoredBase {
    uint256 private constant MOST = 60_000;
    uint256 private constant MOST_SPONSORED = 120_000;
    uint256 private constant LATER = 10_000;

    function _measure(string memory name, uint256 most) private returns (uint256 used) {
        used = vm.snapshotGasLastCall("CredentialRegistry", name);
        vm.assertLe(used, most, name);
    }

    /// @dev As a transaction of its own, so that a view is measured like any other call.
    function _transact(address sender, bytes memory data) private {
        (bool done,) = _send(sender, data);
        vm.assertTrue(done);
    }

    function test_WhenABatchOfAnySizeIsAnchored() external {
        uint32[3] memory sizes = [uint32(1), 1_000_000, type(uint32).max];
        string[3] memory names =
            ["anchor a batch of 1", "anchor a batch of 1,000,000", "anchor a batch of 4,294,967,295"];
        for (uint256 i = 0; i < sizes.length; ++i) {
            _anchor(keccak256(abi.encode(i)), sizes[i]);
            _measure(names[i], MOST);
        }
    }

    function test_WhenOneCredentialIsRevoked() external {
        _revoke(5, 1 << 77);
        _measure("revoke the first credential of a word", MOST);
        _revoke(5, 1 << 78);
        _measure("revoke one more credential of a word", 40_000);
    }

    function test_When256NeighboursAreRevokedInOneCall() external {
        _revoke(FOREVER, type(uint256).max);
        _measure("revoke 256 neighbours", MOST);
    }

    function test_When10240NeighboursAreRevokedInOneCall() external {
        ICredentialRegistry.StatusWord[] memory words = new ICredentialRegistry.StatusWord[](40);
        for (uint64 i = 0; i < 40; ++i) {
            words[i] = ICredentialRegistry.StatusWord({word: FOREVER - i, mask: type(uint256).max});
        }
        vm.prank(REVOKER);
        registry.setStatus(issuerId, ICredentialRegistry.StatusAction.Revoke, 1, words);
        _measure("revoke 10,240 neighbours", 1_200_000);
    }

    function test_GivenTheIssuerHasALongHistory() external {
        _anchor(keccak256("first"), 100);
        uint256 first = _measure("anchor the first batch", MOST);
        for (uint256 i = 2; i < LATER; ++i) {
            _anchor(keccak256(abi.encode(i)), 100);
        }
        _anchor(keccak256("last"), 100);
        uint256 last = _measure("anchor the 10,000th batch", MOST);
        vm.assertLe(last, first + first / 20, "anchor");
        vm.assertLe(first, last + last / 20, "anchor");
    }

    function test_GivenTheIssuerHasRevokedMuch() external {
        _revoke(FOREVER, 1);
        uint256 first = _measure("revoke in the first word", MOST);
        for (uint64 i = 2; i < LATER; ++i) {
            _revoke(i, 1);
        }
        _revoke(FOREVER - 1, 1);
        uint256 last = _measure("revoke in the 10,000th word", MOST);
        vm.assertLe(last, first + first / 20, "revoke");
        vm.assertLe(first, last + last / 20, "revoke");
    }

    function test_WhenABatchIsWithdrawn() external {
        _withdraw(BATCH);
        _measure("withdraw a batch", MOST);
    }

    function test_WhenAnActIsSponsored() external eachForm {
        string memory name = ["anchorFor", "withdrawFor", "setStatusFor"][uint256(form)];
        uint256 start = vm.snapshotState();
        _transact(SPONSOR, _sponsored(issuerId, _authorized()));
        uint256 first = _measure(string.concat(name, " with a nonce of a new word"), MOST_SPONSORED);
        vm.revertToState(start);
        vm.prank(operator);
        registry.cancelNonce(NONCE + 1);
        _transact(SPONSOR, _sponsored(issuerId, _authorized()));
        uint256 later = _measure(string.concat(name, " with a nonce of a used word"), MOST_SPONSORED);
        vm.assertLe(later, first - 15_000, name);
    }

    function test_WhenANonceIsCancelled() external {
        vm.prank(operator);
        registry.cancelNonce(NONCE);
        _measure("cancel a nonce", MOST);
    }

    function test_WhenACredentialOfALargeBatchIsChecked() external {
        _check("check in a batch of 1,000,000", 1_000_000, 90_000);
        _check("check in a batch of 4,294,967,295", type(uint32).max, 120_000);
    }

    /// @dev With a path of real length whose root is computed from it.
    function _check(string memory name, uint32 size, uint256 most) private {
        bytes32 digest = keccak256("a document");
        bytes32[] memory path = new bytes32[](ReferenceTree.pathLength(0, size));
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = keccak256(abi.encode(i));
        }
        bytes32 root = ReferenceTree.rootOfPath(ReferenceTree.leafHash(digest, FOREVER), 0, size, path);
        _anchor(root, size);
        (bool done, bytes memory answer) =
            _send(SPONSOR, abi.encodeCall(registry.check, (issuerId, root, digest, FOREVER, 0, size, path)));
        _measure(name, most);
        vm.assertTrue(done);
        vm.assertEq(abi.decode(answer, (uint256)), uint256(ICredentialRegistry.CheckResult.Valid));
    }

    function test_When500CredentialsAreReadAtOnce() external {
        _accredit(SECOND_ACCREDITOR, FOREVER, KEY);
        _addKey(KEY);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = issuerId;
        address[] memory accreditors = new address[](2);
        (accreditors[0], accreditors[1]) = (ACCREDITOR, SECOND_ACCREDITOR);
        ICredentialRegistry.StateQuery[] memory queries = new ICredentialRegistry.StateQuery[](500);
        for (uint64 i = 0; i < 500; ++i) {
            bytes32 root = keccak256(abi.encode(i));
            _anchor(root, 100);
            queries[i] = ICredentialRegistry.StateQuery({issuerId: issuerId, root: root, statusIndex: i * 256});
        }
        _states(ids, queries, accreditors);
        _measure("read 500 credentials", 10_000_000);
    }
}
