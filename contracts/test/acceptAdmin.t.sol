// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract AcceptAdminTest is Base {
    function _propose(address account) private {
        vm.prank(ADMIN);
        registry.proposeAdmin(issuerId, account);
    }

    function _expectNotPendingAdmin(bytes32 id, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotPendingAdmin.selector, id, caller));
        vm.prank(caller);
        registry.acceptAdmin(id);
    }

    function test_RevertGiven_TheIssuerIsUnknown() external {
        _expectNotPendingAdmin(UNKNOWN, STRANGER);
    }

    function testFuzz_RevertGiven_NobodyWasProposed(address caller) external {
        vm.assume(caller != address(0)); // no transaction comes from it
        _expectNotPendingAdmin(issuerId, caller);
    }

    function testFuzz_RevertGiven_AnotherAccountWasProposed(address proposed, address caller) external {
        vm.assume(caller != proposed);
        _propose(proposed);
        _expectNotPendingAdmin(issuerId, caller);
    }

    function test_RevertGiven_TheProposalWasTakenBack() external {
        _propose(STRANGER);
        _propose(address(0));
        _expectNotPendingAdmin(issuerId, STRANGER);
    }

    function test_RevertGiven_TheProposalWasAcceptedBefore() external {
        _propose(STRANGER);
        vm.prank(STRANGER);
        registry.acceptAdmin(issuerId);
        _expectNotPendingAdmin(issuerId, STRANGER);
    }

    function testFuzz_GivenTheCallerWasProposed(address caller) external {
        vm.assume(caller != address(0) && caller != ADMIN);
        _propose(caller);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.AdminChanged(issuerId, ADMIN, caller);
        vm.prank(caller);
        registry.acceptAdmin(issuerId);
        vm.assertEq(registry.issuerOf(issuerId).admin, caller);
        vm.assertEq(registry.issuerOf(issuerId).pendingAdmin, address(0));
        vm.assertEq(registry.issuerOf(issuerId).registeredAt, START);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, ADMIN));
        vm.prank(ADMIN);
        registry.addKey(issuerId, KEY);
        vm.prank(caller);
        registry.addKey(issuerId, KEY);
    }
}
