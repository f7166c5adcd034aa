// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title A listed key stays listed, its start never changes, and its end only moves earlier and never before its start
contract KeysOnlyEndEarlier is EveryAct {
    uint256 private constant MAX_KEYS = 256;

    bytes32 internal key;
    uint256 internal index;
    uint256 internal count;
    uint256 internal listed;
    uint256 internal was;

    function setUp() public override {
        super.setUp();
        key = svm.createBytes32("key");
        index = svm.createUint(64, "index");
    }

    function _before(Act memory act) internal override {
        count = _count(act.issuerId);
        vm.assume(_both(count <= MAX_KEYS, index < count));
        listed = _listed(act.issuerId);
        was = _period(act.issuerId);
        vm.assume(_both(uint64(was) != 0, uint64(was) <= uint64(was >> 64)));
    }

    function _after(Act memory act) internal view override {
        uint256 period = _period(act.issuerId);
        bool isEarlier = _both(uint64(period >> 64) <= uint64(was >> 64), uint64(period) <= uint64(period >> 64));
        assert(_both(uint64(period) == uint64(was), isEarlier));
        assert(
            _both(
                _listed(act.issuerId) == listed, _both(count <= _count(act.issuerId), _count(act.issuerId) <= MAX_KEYS)
            )
        );
    }

    function _count(bytes32 issuerId) private view returns (uint256) {
        return _load(Records.at(Records.KEYS, issuerId));
    }

    function _listed(bytes32 issuerId) private view returns (uint256) {
        return _load(Records.content(Records.at(Records.KEYS, issuerId), index));
    }

    /// @dev The start in the lowest 64 bits, the end in the next.
    function _period(bytes32 issuerId) private view returns (uint256) {
        return _load(Records.at(Records.KEY_PERIODS, issuerId, key));
    }
}
