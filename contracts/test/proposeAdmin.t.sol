// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract ProposeAdminTest is Base {
    function test_RevertGiven_TheIssuerIsUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, UNKNOWN, ADMIN));
        vm.prank(ADMIN);
        registry.proposeAdmin(UNKNOWN, STRANGER);
    }

    function testFuzz_RevertWhen_TheCallerIsNotTheAdmin(address caller) external {
        vm.assume(caller != ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, caller));
        vm.prank(caller);
        registry.proposeAdmin(issuerId, caller);
    }

    function test_RevertWhen_TheCallerIsOnlyAnOperator() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, REVOKER));
        vm.prank(REVOKER);
        registry.proposeAdmin(issuerId, REVOKER);
    }

    function test_WhenTheProposedAccountIsZero() external {
        vm.startPrank(ADMIN);
        registry.proposeAdmin(issuerId, STRANGER);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.AdminProposed(issuerId, address(0));
        registry.proposeAdmin(issuerId, address(0));
        vm.assertEq(registry.issuerOf(issuerId).pendingAdmin, address(0));
    }

    function testFuzz_WhenTheCallerIsTheAdmin(address proposed) external {
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.AdminProposed(issuerId, proposed);
        vm.prank(ADMIN);
        registry.proposeAdmin(issuerId, proposed);
        vm.assertEq(registry.issuerOf(issuerId).pendingAdmin, proposed);
        vm.assertEq(registry.issuerOf(issuerId).admin, ADMIN);
    }
}
