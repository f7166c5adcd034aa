// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

/// @notice What a whole transaction costs, its 21,000 and its calldata included (`isolate` makes each call one).
/// forge-config: default.isolate = true
contract GasTest is Base {
    uint256 private constant MOST = 60_000;

    function _measure(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("CredentialRegistry", name);
    }

    function test_WhenABatchOfAnySizeIsAnchored() external {
        uint32[3] memory sizes = [uint32(1), 1_000_000, type(uint32).max];
        string[3] memory names =
            ["anchor a batch of 1", "anchor a batch of 1,000,000", "anchor a batch of 4,294,967,295"];
        for (uint256 i = 0; i < sizes.length; ++i) {
            _anchor(keccak256(abi.encode(i)), sizes[i]);
            vm.assertLe(_measure(names[i]), MOST, names[i]);
        }
    }

    function test_WhenOneCredentialIsRevoked() external {
        _revoke(5, 1 << 77);
        vm.assertLe(_measure("revoke the first credential of a word"), MOST, "first");
        _revoke(5, 1 << 78);
        vm.assertLe(_measure("revoke one more credential of a word"), MOST, "one more");
    }

    function test_When256NeighboursAreRevokedInOneCall() external {
        _revoke(type(uint64).max, type(uint256).max);
        vm.assertLe(_measure("revoke 256 neighbours"), MOST, "256 neighbours");
    }

    function test_GivenTheIssuerHasALongHistory() external {
        _anchor(keccak256("first"), 100);
        uint256 first = _measure("anchor the first batch");
        for (uint256 i = 0; i < 300; ++i) {
            _anchor(keccak256(abi.encode(i)), 100);
        }
        for (uint64 i = 0; i < 300; ++i) {
            _revoke(i, 1);
        }
        _anchor(keccak256("last"), 100);
        vm.assertLe(_measure("anchor the 302nd batch"), first + 50, "calldata differs by a few zero bytes at most");
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
        vm.assertLe(_measure("read 500 credentials"), 10_000_000, "500 credentials");
    }
}
