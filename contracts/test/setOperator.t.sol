// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract SetOperatorTest is Base {
    function test_RevertGiven_TheIssuerIsUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, UNKNOWN, ADMIN));
        vm.prank(ADMIN);
        registry.setOperator(UNKNOWN, STRANGER, ANCHOR, 0, FOREVER);
    }

    function testFuzz_RevertWhen_TheCallerIsNotTheAdmin(address caller) external {
        vm.assume(caller != ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, caller));
        vm.prank(caller);
        registry.setOperator(issuerId, caller, ANCHOR, 0, FOREVER);
    }

    function testFuzz_RevertWhen_TheRolesHoldABitWithoutMeaning(uint8 roles) external {
        roles = uint8(_within(roles, 4, 255));
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.RolesInvalid.selector, roles));
        vm.prank(ADMIN);
        registry.setOperator(issuerId, STRANGER, roles, 0, FOREVER);
    }

    function testFuzz_WhenTheRolesAreZero(uint64 validFrom, uint64 validUntil) external {
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.OperatorSet(issuerId, ANCHORER, 0, 0, 0);
        vm.prank(ADMIN);
        registry.setOperator(issuerId, ANCHORER, 0, validFrom, validUntil);
        ICredentialRegistry.Operator memory operator = registry.operatorOf(issuerId, ANCHORER);
        vm.assertEq(operator.roles, 0);
        vm.assertEq(operator.validFrom, 0);
        vm.assertEq(operator.validUntil, 0);
    }

    function testFuzz_RevertWhen_ThePeriodEndsNoLaterThanItBegins(uint64 validFrom, uint64 validUntil) external {
        validUntil = uint64(_within(validUntil, START + 1, FOREVER));
        validFrom = uint64(_within(validFrom, validUntil, FOREVER));
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.PeriodInvalid.selector, validFrom, validUntil));
        vm.prank(ADMIN);
        registry.setOperator(issuerId, STRANGER, ANCHOR, validFrom, validUntil);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.PeriodInvalid.selector, validUntil, validUntil));
        vm.prank(ADMIN);
        registry.setOperator(issuerId, STRANGER, ANCHOR, validUntil, validUntil);
    }

    function testFuzz_RevertWhen_ThePeriodHasEndedAlready(uint64 validUntil) external {
        validUntil = uint64(_within(validUntil, 1, START));
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.PeriodInvalid.selector, 0, validUntil));
        vm.prank(ADMIN);
        registry.setOperator(issuerId, STRANGER, ANCHOR, 0, validUntil);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.PeriodInvalid.selector, START - 1, START));
        vm.prank(ADMIN);
        registry.setOperator(issuerId, STRANGER, ANCHOR, START - 1, START);
    }

    function testFuzz_WhenRolesAndPeriodAreRight(uint8 roles, uint64 validFrom, uint64 validUntil) external {
        roles = uint8(_within(roles, 1, 3));
        validFrom = uint64(_within(validFrom, 0, FOREVER - 1));
        validUntil = uint64(_within(validUntil, validFrom < START ? START + 1 : validFrom + 1, FOREVER));
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.OperatorSet(issuerId, ANCHORER, roles, validFrom, validUntil);
        vm.prank(ADMIN);
        registry.setOperator(issuerId, ANCHORER, roles, validFrom, validUntil);
        ICredentialRegistry.Operator memory operator = registry.operatorOf(issuerId, ANCHORER);
        vm.assertEq(operator.roles, roles);
        vm.assertEq(operator.validFrom, validFrom);
        vm.assertEq(operator.validUntil, validUntil);
        vm.assertEq(registry.operatorOf(issuerId, REVOKER).roles, REVOKE);
        vm.assertEq(registry.operatorOf(otherIssuerId, ANCHORER).roles, 0);
    }
}
