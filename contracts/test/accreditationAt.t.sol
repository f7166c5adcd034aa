// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract AccreditationAtTest is Base {
    function _at(uint64 time) private view returns (ICredentialRegistry.Accreditation memory) {
        return registry.accreditationAt(ACCREDITOR, issuerId, time);
    }

    /// @dev Two periods: [START, START + 10) and [START + 20, START + 30).
    function _makeTwoPeriods() private {
        _accredit(ACCREDITOR, START + 10, KEY);
        vm.warp(START + 20);
        _accredit(ACCREDITOR, START + 30, ROOT);
    }

    function testFuzz_GivenTheAccreditorNeverAccreditedTheIssuer(address accreditor, uint64 time) external {
        vm.assume(accreditor != ACCREDITOR);
        _makeTwoPeriods();
        _assertEmpty(registry.accreditationAt(accreditor, issuerId, time));
        _assertEmpty(registry.accreditationAt(ACCREDITOR, otherIssuerId, time));
    }

    function testFuzz_WhenTheTimeIsBeforeTheFirstPeriod(uint64 time) external {
        _makeTwoPeriods();
        _assertEmpty(_at(uint64(_within(time, 0, START - 1))));
    }

    function test_WhenTheTimeIsTheFirstSecondOfAPeriod() external {
        _makeTwoPeriods();
        vm.assertEq(_at(START).scope, KEY);
        vm.assertEq(_at(START + 20).scope, ROOT);
        vm.assertEq(_at(START + 20).validFrom, START + 20);
        vm.assertEq(_at(START + 20).validUntil, START + 30);
    }

    function test_WhenTheTimeIsTheLastSecondOfAPeriod() external {
        _makeTwoPeriods();
        vm.assertEq(_at(START + 9).scope, KEY);
        vm.assertEq(_at(START + 29).scope, ROOT);
    }

    function test_WhenTheTimeIsTheEndOfAPeriod() external {
        _makeTwoPeriods();
        _assertEmpty(_at(START + 10));
        _assertEmpty(_at(START + 30));
    }

    function testFuzz_WhenTheTimeFallsBetweenTwoPeriods(uint64 time) external {
        _makeTwoPeriods();
        _assertEmpty(_at(uint64(_within(time, START + 10, START + 19))));
    }

    function testFuzz_GivenAnyHistoryOfAccreditingAndEnding(uint8[8] calldata seed) external {
        uint64[] memory starts = new uint64[](seed.length);
        uint64[] memory ends = new uint64[](seed.length);
        uint256 count = 0;
        uint64 time = START;
        for (uint256 i = 0; i < seed.length; ++i) {
            uint8 step = seed[i];
            time += step & 7; // zero: in the same block as the step before
            vm.warp(time);
            bool inForce = count != 0 && time < ends[count - 1];
            if ((step & 8) == 0) {
                if (inForce) ends[count - 1] = time;
                starts[count] = time;
                ends[count] = time + 1 + (step >> 4);
                _accredit(ACCREDITOR, ends[count], bytes32(count + 1));
                ++count;
            } else if (inForce) {
                ends[count - 1] = time;
                vm.prank(ACCREDITOR);
                registry.endAccreditation(issuerId);
            }
        }
        vm.assertEq(registry.accreditationCount(ACCREDITOR, issuerId), count);
        for (uint64 moment = START - 1; moment <= time + 20; ++moment) {
            uint256 expected = 0;
            for (uint256 i = 0; i < count; ++i) {
                if (starts[i] <= moment && moment < ends[i]) expected = i + 1;
            }
            ICredentialRegistry.Accreditation memory period;
            if (expected != 0) {
                period = ICredentialRegistry.Accreditation(starts[expected - 1], ends[expected - 1], bytes32(expected));
            }
            vm.assertEq(keccak256(abi.encode(_at(moment))), keccak256(abi.encode(period)));
        }
    }
}
