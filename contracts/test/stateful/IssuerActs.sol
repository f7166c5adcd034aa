// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Judge} from "./Judge.sol";
import {Recording, Records} from "./Records.sol";
import {Rules} from "./Rules.sol";

/// @notice What admins and accreditors do, and what others try in their place.
abstract contract IssuerActs is Judge {
    using Recording for Records;
    using Rules for Records;

    /// @dev Accounts that once were an admin or an operator: their keys may be in anyone's hands.
    address[] internal retired;

    function registerIssuer(uint256 dice) external acting(dice) {
        _register(_anyAccount(), _rarely(2) ? DID : string.concat(DID, vm.toString(_roll(3))));
    }

    function proposeAdmin(uint256 dice) external acting(dice) {
        bytes32 id = _anyIssuer();
        address pending = _rarely(8) ? address(0) : _anyAccount();
        _propose(_adminOrAnyone(id), id, pending);
    }

    function acceptAdmin(uint256 dice) external acting(dice) {
        bytes32 id = _anyIssuer();
        address pending = called.issuers[id].pendingAdmin;
        address sender = pending == address(0) || _rarely(4) ? _anyAccount() : pending;
        address previous = called.issuers[id].admin;
        bytes4 expected = called.accepting(id, sender);
        if (_attemptAsAdmin(Kind.AcceptAdmin, id, sender, abi.encodeCall(registry.acceptAdmin, (id)), expected)) {
            called.changeAdmin(id, sender);
            if (previous != sender) retired.push(previous);
        }
    }

    function setOperator(uint256 dice) external acting(dice) {
        bytes32 id = _anyIssuer();
        address sender = _adminOrAnyone(id);
        ICredentialRegistry.Operator memory operator = ICredentialRegistry.Operator({
            roles: uint8(_rarely(3) ? _roll(6) : 3),
            validFrom: _aroundNow(1 days),
            validUntil: _rarely(3) ? _aroundNow(1 days) : FOREVER
        });
        _setOperator(sender, id, _anyAccount(), operator);
    }

    function addKey(uint256 dice) external acting(dice) {
        bytes32 id = _anyIssuer();
        _addKey(_adminOrAnyone(id), id, _rarely(10) ? bytes32(0) : _key(_roll(KEYS)));
    }

    function closeKey(uint256 dice) external acting(dice) {
        bytes32 id = _anyIssuer();
        address sender = _adminOrAnyone(id);
        ICredentialRegistry.AssertionKey[] storage listed = called.keys[id];
        bytes32 key = listed.length == 0 || _rarely(5) ? _key(_roll(KEYS)) : listed[_roll(listed.length)].key;
        uint64 end = _aroundNow(2 days);
        bytes memory data = abi.encodeCall(registry.closeKey, (id, key, end));
        bytes4 expected = called.closingKey(id, sender, key, end);
        if (_attemptAsAdmin(Kind.CloseKey, id, sender, data, expected)) called.closeKey(id, key, end);
    }

    /// @dev Anyone may; the first two do most often.
    function accredit(uint256 dice) external acting(dice) {
        address sender = _accreditorOrAnyone();
        bytes32 id = _anyIssuer();
        uint64 until = _rarely(4) ? FOREVER : _aroundNow(1 days);
        bytes32 scope = bytes32(_roll(3));
        bytes memory data = abi.encodeCall(registry.accredit, (id, until, scope));
        if (_attemptAsAdmin(Kind.Accredit, id, sender, data, called.accrediting(id, until))) {
            uint64 time = uint64(block.timestamp);
            if (called.isAccredited(sender, id, time)) called.endAccreditation(sender, id, time);
            called.accredit(sender, id, ICredentialRegistry.Accreditation(time, until, scope));
        }
    }

    function endAccreditation(uint256 dice) external acting(dice) {
        address sender = _accreditorOrAnyone();
        bytes32 id = _anyIssuer();
        uint64 time = uint64(block.timestamp);
        for (uint256 i = 0; i < 3 && !called.isAccredited(sender, id, time); ++i) {
            (sender, id) = (_accreditorOrAnyone(), _anyIssuer());
        }
        bool isAccredited = called.isAccredited(sender, id, time);
        bytes4 expected = isAccredited ? bytes4(0) : ICredentialRegistry.NotAccredited.selector;
        bytes memory data = abi.encodeCall(registry.endAccreditation, (id));
        if (_attemptAsAdmin(Kind.EndAccreditation, id, sender, data, expected)) {
            called.endAccreditation(sender, id, time);
        }
    }

    function _register(address sender, string memory did) internal returns (bytes32 id) {
        id = keccak256(abi.encode(sender, keccak256(bytes(did))));
        bytes memory data = abi.encodeCall(registry.registerIssuer, (did));
        if (_attemptAsAdmin(Kind.RegisterIssuer, id, sender, data, called.registering(id))) {
            called.register(id, sender, uint64(block.timestamp), did);
            registered.push(id);
        }
    }

    function _propose(address sender, bytes32 id, address pending) internal {
        bytes memory data = abi.encodeCall(registry.proposeAdmin, (id, pending));
        if (_attemptAsAdmin(Kind.ProposeAdmin, id, sender, data, called.administering(id, sender))) {
            called.issuers[id].pendingAdmin = pending;
        }
    }

    function _setOperator(address sender, bytes32 id, address account, ICredentialRegistry.Operator memory operator)
        internal
    {
        bytes memory data = abi.encodeCall(
            registry.setOperator, (id, account, operator.roles, operator.validFrom, operator.validUntil)
        );
        bytes4 expected = called.settingOperator(id, sender, operator);
        if (_attemptAsAdmin(Kind.SetOperator, id, sender, data, expected)) {
            if (operator.roles == 0) (operator.validFrom, operator.validUntil) = (0, 0);
            if (called.operators[id][account].roles != 0) retired.push(account);
            called.operators[id][account] = operator;
        }
    }

    function _addKey(address sender, bytes32 id, bytes32 key) internal {
        bytes memory data = abi.encodeCall(registry.addKey, (id, key));
        if (_attemptAsAdmin(Kind.AddKey, id, sender, data, called.addingKey(id, sender, key))) {
            called.addKey(id, key, uint64(block.timestamp));
        }
    }

    function _attemptAsAdmin(Kind kind, bytes32 id, address sender, bytes memory data, bytes4 expected)
        internal
        returns (bool)
    {
        return _attempt(Attempt(kind, id, sender, sender, data, expected));
    }

    function _adminOrAnyone(bytes32 id) private returns (address) {
        address admin = called.issuers[id].admin;
        return admin == address(0) || _rarely(5) ? _anyAccount() : admin;
    }

    function _accreditorOrAnyone() private returns (address) {
        return _rarely(5) ? _anyAccount() : accounts[_roll(2)];
    }
}
