// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title Under an id that no issuer has no act is done but its registration, which writes the record and nothing else
/// @notice By induction: where all is empty before an act, all is empty after it.
contract UnregisteredIsEmpty is EveryAct {
    bytes32 internal key;
    uint256 internal offset;
    bool internal done;

    function setUp() public override {
        super.setUp();
        key = svm.createBytes32("key");
        offset = svm.createUint256("offset");
    }

    function _do(bytes memory act) internal override {
        vm.prank(caller);
        (done,) = address(registry).call(act);
    }

    function _before(Act memory act) internal override {
        bytes32 issuer = Records.at(Records.ISSUERS, act.issuerId);
        vm.assume(_load(issuer) | _load(Records.plus(issuer, 1)) | _load(Records.plus(issuer, 2)) == 0);
        vm.assume(_load(Records.at(Records.OPERATORS, act.issuerId, act.operator)) == 0);
        vm.assume(_load(Records.at(Records.ACCREDITATIONS, act.issuerId, caller)) == 0);
        vm.assume(_belongings(act.issuerId) == 0);
    }

    function _after(Act memory act) internal view override {
        if (act.selector == registry.cancelNonce.selector) return; // it names no issuer
        bytes32 issuer = Records.at(Records.ISSUERS, act.issuerId);
        bool isNew = act.selector == registry.registerIssuer.selector;
        assert(isNew || !done);
        uint256 byTheCaller = uint256(uint160(caller)) | (block.timestamp << 160);
        assert(_load(issuer) == (done ? byTheCaller : 0));
        assert(_load(Records.plus(issuer, 1)) | _belongings(act.issuerId) == 0);
    }

    /// @dev Any slot of what an issuer can have besides its record.
    function _belongings(bytes32 issuerId) private view returns (uint256 found) {
        bytes32 keys = Records.at(Records.KEYS, issuerId);
        bytes32 periods = Records.at(Records.ACCREDITATIONS, issuerId, key);
        found = _load(Records.plus(keys, offset)) | _load(Records.content(keys, offset));
        found |= _load(Records.plus(periods, offset)) | _load(Records.content(periods, offset));
        found |= _load(Records.plus(Records.at(Records.OPERATORS, issuerId, key), offset));
        found |= _load(Records.plus(Records.at(Records.KEY_PERIODS, issuerId, key), offset));
        found |= _load(Records.plus(Records.at(Records.ANCHORS, issuerId, key), offset));
        found |= _load(Records.plus(Records.at(Records.REVOKED, issuerId, key), offset));
        found |= _load(Records.plus(Records.at(Records.SUSPENDED, issuerId, key), offset));
    }
}
