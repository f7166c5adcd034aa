// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title Accreditations are history: a period is never removed, its start and scope never change, its end only moves to now
contract AccreditationsAreHistory is EveryAct {
    address internal accreditor;
    uint256 internal index;
    uint256 internal count;
    ICredentialRegistry.Accreditation internal was;

    function setUp() public override {
        super.setUp();
        accreditor = svm.createAddress("accreditor");
        index = svm.createUint(64, "index");
    }

    function _before(Act memory act) internal override {
        count = registry.accreditationCount(accreditor, act.issuerId);
        vm.assume(_both(count < type(uint64).max, index < count));
        was = _period(act.issuerId, index);
        // In order of time and disjoint, as the search by halves needs it.
        vm.assume(_either(index + 1 == count, was.validUntil <= _period(act.issuerId, index + 1).validFrom));
    }

    function _after(Act memory act) internal view override {
        uint256 newCount = registry.accreditationCount(accreditor, act.issuerId);
        bool startsNow = _both(newCount == count + 1, _period(act.issuerId, count).validFrom == block.timestamp);
        assert(_either(newCount == count, startsNow));
        ICredentialRegistry.Accreditation memory period = _period(act.issuerId, index);
        assert(_both(period.validFrom == was.validFrom, period.scope == was.scope));
        bool endsNow = _both(period.validUntil == block.timestamp, block.timestamp < was.validUntil);
        assert(_either(period.validUntil == was.validUntil, endsNow));
        assert(_either(index + 1 == newCount, period.validUntil <= _period(act.issuerId, index + 1).validFrom));
    }

    function _period(bytes32 issuerId, uint256 at) private view returns (ICredentialRegistry.Accreditation memory) {
        bytes32 periods = Records.at(Records.ACCREDITATIONS, issuerId, accreditor);
        uint256 times = _load(Records.content(periods, 2 * at));
        return ICredentialRegistry.Accreditation({
            validFrom: uint64(times),
            validUntil: uint64(times >> 64),
            scope: bytes32(_load(Records.content(periods, 2 * at + 1)))
        });
    }
}
