// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract EndAccreditationTest is Base {
    function _end() private {
        vm.prank(ACCREDITOR);
        registry.endAccreditation(issuerId);
    }

    function test_RevertGiven_TheIssuerIsUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAccredited.selector, ACCREDITOR, UNKNOWN));
        vm.prank(ACCREDITOR);
        registry.endAccreditation(UNKNOWN);
    }

    function testFuzz_RevertGiven_TheCallerNeverAccreditedTheIssuer(address caller) external {
        vm.assume(caller != ACCREDITOR);
        _accredit(ACCREDITOR, FOREVER, 0);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAccredited.selector, caller, issuerId));
        vm.prank(caller);
        registry.endAccreditation(issuerId);
    }

    function testFuzz_RevertGiven_TheAccreditationHasRunOut(uint64 time) external {
        _accredit(ACCREDITOR, START + YEAR, 0);
        vm.warp(_within(time, START + YEAR, FOREVER));
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAccredited.selector, ACCREDITOR, issuerId));
        _end();
        vm.assertEq(registry.accreditationByIndex(ACCREDITOR, issuerId, 0).validUntil, START + YEAR);
    }

    function test_RevertGiven_TheAccreditationWasEndedBefore() external {
        _accredit(ACCREDITOR, START + YEAR, 0);
        _end();
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAccredited.selector, ACCREDITOR, issuerId));
        _end();
    }

    function testFuzz_GivenTheAccreditationIsInForce(uint64 time) external {
        time = uint64(_within(time, START, START + YEAR - 1));
        _accredit(ACCREDITOR, START + YEAR, KEY);
        _accredit(SECOND_ACCREDITOR, START + YEAR, ROOT);
        vm.warp(time);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.AccreditationEnded(ACCREDITOR, issuerId, time);
        _end();
        ICredentialRegistry.Accreditation memory period = registry.accreditationByIndex(ACCREDITOR, issuerId, 0);
        vm.assertEq(period.validFrom, START);
        vm.assertEq(period.validUntil, time);
        vm.assertEq(period.scope, KEY);
        vm.assertEq(registry.accreditationByIndex(SECOND_ACCREDITOR, issuerId, 0).validUntil, START + YEAR);
    }
}
