// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract GettersTest is Base {
    function testFuzz_WhenIssuerOfIsAskedAboutAnUnknownIssuer(bytes32 id) external view {
        vm.assume(id != issuerId && id != otherIssuerId);
        ICredentialRegistry.Issuer memory issuer = registry.issuerOf(id);
        vm.assertEq(issuer.admin, address(0));
        vm.assertEq(issuer.registeredAt, 0);
        vm.assertEq(issuer.pendingAdmin, address(0));
        vm.assertEq(issuer.did, "");
    }

    function testFuzz_WhenOperatorOfIsAskedAboutAnAccountWithoutRoles(address account) external view {
        vm.assume(account != ANCHORER && account != REVOKER);
        ICredentialRegistry.Operator memory operator = registry.operatorOf(issuerId, account);
        vm.assertEq(operator.roles, 0);
        vm.assertEq(operator.validFrom, 0);
        vm.assertEq(operator.validUntil, 0);
    }

    function testFuzz_WhenKeysOfIsAskedAboutAnIssuerWithoutKeys(bytes32 id) external view {
        vm.assertEq(registry.keysOf(id).length, 0);
    }

    function testFuzz_WhenKeysOfIsAskedAboutAnIssuerWithManyKeys(bytes32 seed, uint8 count) external {
        count %= 17;
        for (uint64 i = 0; i < count; ++i) {
            vm.warp(START + i);
            _addKey(keccak256(abi.encode(seed, i)));
            if (i % 2 == 0) {
                vm.prank(ADMIN);
                registry.closeKey(issuerId, keccak256(abi.encode(seed, i)), START + 2 * i);
            }
        }
        ICredentialRegistry.AssertionKey[] memory keys = registry.keysOf(issuerId);
        vm.assertEq(keys.length, count);
        for (uint64 i = 0; i < count; ++i) {
            vm.assertEq(keys[i].key, keccak256(abi.encode(seed, i)));
            vm.assertEq(keys[i].validFrom, START + i);
            vm.assertEq(keys[i].validUntil, i % 2 == 0 ? START + 2 * i : FOREVER);
        }
    }

    function testFuzz_WhenAnchorOfIsAskedAboutARootThatWasNeverAnchored(bytes32 root) external {
        vm.assume(root != ROOT);
        _anchor(ROOT, 9);
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuerId, root);
        vm.assertEq(batch.anchoredAt, 0);
        vm.assertEq(batch.blockNumber, 0);
        vm.assertEq(batch.treeSize, 0);
        vm.assertEq(batch.withdrawnAt, 0);
        vm.assertEq(batch.withdrawalReason, 0);
    }

    function testFuzz_WhenStatusWordIsAskedAboutAWordThatWasNeverChanged(uint64 word) external {
        vm.assume(word != 5);
        _revoke(5, 1);
        _suspend(5, 2);
        _assertStatus(word, 0, 0);
    }

    function testFuzz_WhenAccreditationCountIsAskedAboutAnUnknownPair(address accreditor, bytes32 id) external {
        vm.assume(accreditor != ACCREDITOR && id != issuerId);
        _accredit(ACCREDITOR, FOREVER, 0);
        vm.assertEq(registry.accreditationCount(accreditor, issuerId), 0);
        vm.assertEq(registry.accreditationCount(ACCREDITOR, id), 0);
    }

    function testFuzz_RevertWhen_AccreditationByIndexIsAskedBeyondTheCount(uint256 index) external {
        _accredit(ACCREDITOR, FOREVER, 0);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x32));
        registry.accreditationByIndex(ACCREDITOR, issuerId, _within(index, 1, type(uint256).max));
    }
}
