// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract AccreditTest is Base {
    function testFuzz_RevertGiven_TheIssuerIsUnknown(bytes32 id) external {
        vm.assume(id != issuerId && id != otherIssuerId);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.IssuerUnknown.selector, id));
        vm.prank(ACCREDITOR);
        registry.accredit(id, FOREVER, 0);
    }

    function testFuzz_RevertWhen_TheEndIsNotLaterThanThisBlock(uint64 validUntil) external {
        validUntil = uint64(_within(validUntil, 0, START));
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.PeriodInvalid.selector, START, validUntil));
        _accredit(ACCREDITOR, validUntil, 0);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.PeriodInvalid.selector, START, START));
        _accredit(ACCREDITOR, START, 0);
    }

    function testFuzz_GivenAPeriodOfTheSameAccreditorIsInForce(uint64 wait, uint64 validUntil) external {
        uint64 time = uint64(_within(wait, START + 1, START + YEAR - 1));
        validUntil = uint64(_within(validUntil, time + 1, FOREVER));
        _accredit(ACCREDITOR, START + YEAR, KEY);
        vm.warp(time);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.AccreditationEnded(ACCREDITOR, issuerId, time);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.Accredited(ACCREDITOR, issuerId, time, validUntil, ROOT);
        _accredit(ACCREDITOR, validUntil, ROOT);
        vm.assertEq(registry.accreditationCount(ACCREDITOR, issuerId), 2);
        ICredentialRegistry.Accreditation memory first = registry.accreditationByIndex(ACCREDITOR, issuerId, 0);
        vm.assertEq(first.validFrom, START);
        vm.assertEq(first.validUntil, time);
        vm.assertEq(first.scope, KEY);
        ICredentialRegistry.Accreditation memory second = registry.accreditationByIndex(ACCREDITOR, issuerId, 1);
        vm.assertEq(second.validFrom, time);
        vm.assertEq(second.validUntil, validUntil);
        vm.assertEq(second.scope, ROOT);
    }

    function testFuzz_GivenAPeriodOfTheSameAccreditorHasRunOut(uint64 wait) external {
        _accredit(ACCREDITOR, START + YEAR, KEY);
        vm.warp(_within(wait, START + YEAR, FOREVER - 1));
        vm.recordLogs();
        _accredit(ACCREDITOR, FOREVER, ROOT);
        vm.assertEq(vm.getRecordedLogs().length, 1);
        vm.assertEq(registry.accreditationByIndex(ACCREDITOR, issuerId, 0).validUntil, START + YEAR);
        vm.assertEq(registry.accreditationCount(ACCREDITOR, issuerId), 2);
    }

    function test_GivenAPeriodOfAnotherAccreditorIsInForce() external {
        _accredit(ACCREDITOR, START + YEAR, KEY);
        vm.warp(START + 1);
        _accredit(SECOND_ACCREDITOR, FOREVER, ROOT);
        vm.assertEq(registry.accreditationCount(ACCREDITOR, issuerId), 1);
        vm.assertEq(registry.accreditationByIndex(ACCREDITOR, issuerId, 0).validUntil, START + YEAR);
        vm.assertEq(registry.accreditationByIndex(SECOND_ACCREDITOR, issuerId, 0).validUntil, FOREVER);
    }

    function test_GivenAPeriodBeganInThisVeryBlock() external {
        _accredit(ACCREDITOR, START + YEAR, KEY);
        _accredit(ACCREDITOR, FOREVER, ROOT);
        vm.assertEq(registry.accreditationByIndex(ACCREDITOR, issuerId, 0).validUntil, START);
        vm.assertEq(registry.accreditationAt(ACCREDITOR, issuerId, START).scope, ROOT);
    }

    function testFuzz_GivenNothingIsInForce(address accreditor, uint64 validUntil, bytes32 scope) external {
        validUntil = uint64(_within(validUntil, START + 1, FOREVER));
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.Accredited(accreditor, issuerId, START, validUntil, scope);
        _accredit(accreditor, validUntil, scope);
        vm.assertEq(registry.accreditationCount(accreditor, issuerId), 1);
        ICredentialRegistry.Accreditation memory period = registry.accreditationByIndex(accreditor, issuerId, 0);
        vm.assertEq(period.validFrom, START);
        vm.assertEq(period.validUntil, validUntil);
        vm.assertEq(period.scope, scope);
        vm.assertEq(registry.accreditationCount(accreditor, otherIssuerId), 0);
    }
}
