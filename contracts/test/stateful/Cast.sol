// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../../src/CredentialRegistry.sol";
import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {ReferenceTree} from "../ReferenceTree.sol";
import {SafeLike} from "../SafeLike.sol";
import {Vm} from "../Vm.sol";

/// @notice Who and what takes part: accounts, three issuers, a few batches, words, keys and nonces, and dice. All are
/// few, so that acts meet each other.
abstract contract Cast {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint8 internal constant ANCHOR = 1;
    uint8 internal constant REVOKE = 2;
    uint64 internal constant FOREVER = type(uint64).max;
    uint256 internal constant BATCHES = 4;
    uint64 internal constant WORDS = 3;
    uint256 internal constant KEYS = 4;
    uint256 internal constant NONCES = 4;
    string internal constant DID = "did:web:cairn.example:issuers:usm";

    ICredentialRegistry public immutable registry = new CredentialRegistry();
    /// @dev The same issuers and operators at another address: what is signed for the one is tried at the other.
    ICredentialRegistry public immutable elsewhere = new CredentialRegistry();
    SafeLike internal immutable safe;

    /// @dev Ten accounts with keys, two of them the owners of the eleventh, which is the multi-signature.
    address[] internal accounts;
    bytes32[] internal issuers;
    bytes32[] internal roots;
    mapping(address account => uint256) internal keyOf;
    uint256 private _dice;

    constructor() {
        for (uint256 i = 0; i < 10; ++i) {
            uint256 key = uint256(keccak256(abi.encode("the key of account", i)));
            accounts.push(vm.addr(key));
            keyOf[vm.addr(key)] = key;
        }
        if (accounts[8] > accounts[9]) (accounts[8], accounts[9]) = (accounts[9], accounts[8]);
        address[] memory owners = new address[](2);
        (owners[0], owners[1]) = (accounts[8], accounts[9]);
        safe = new SafeLike(owners, 2);
        accounts.push(address(safe));
        for (uint256 i = 0; i < BATCHES; ++i) {
            roots.push(ReferenceTree.root(_leaves(i)));
        }
    }

    /// @dev Batches of 1, 2, 3 and 5 leaves.
    function _sizeOf(uint256 batch) internal pure returns (uint32) {
        return [uint32(1), 2, 3, 5][batch];
    }

    function _digestOf(uint256 batch, uint256 leaf) internal pure returns (bytes32) {
        return keccak256(abi.encode("a document", batch, leaf));
    }

    /// @dev Spread over the three words, with neighbours in each.
    function _statusIndexOf(uint256 batch, uint256 leaf) internal pure returns (uint64) {
        uint256 index = (leaf % WORDS) * 256 + batch * 5 + leaf;
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(index); // below a thousand
    }

    function _leaves(uint256 batch) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](_sizeOf(batch));
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = ReferenceTree.leafHash(_digestOf(batch, i), _statusIndexOf(batch, i));
        }
    }

    function _key(uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("an assertion key", number));
    }

    /// @dev Two in a word of the bitmap, the first of the next, and the last of all.
    function _nonce(uint256 number) internal pure returns (uint256) {
        return [uint256(127), 255, 256, type(uint256).max][number];
    }

    function _throw(uint256 dice) internal {
        _dice = dice;
    }

    /// @dev A number below `sides`.
    function _roll(uint256 sides) internal returns (uint256) {
        _dice = uint256(keccak256(abi.encode(_dice)));
        return _dice % sides;
    }

    /// @dev True once in so many times.
    function _rarely(uint256 times) internal returns (bool) {
        return _roll(times) == 0;
    }

    function _anyAccount() internal returns (address) {
        return accounts[_roll(accounts.length)];
    }

    function _anyIssuer() internal returns (bytes32) {
        return _rarely(20) ? keccak256("no issuer has this id") : issuers[_roll(issuers.length)];
    }

    /// @dev A time around now; now itself and the seconds beside it often.
    function _aroundNow(uint64 most) internal returns (uint64) {
        uint64 distance = uint64(_rarely(2) ? _roll(2) : _roll(most));
        return _rarely(2) ? uint64(block.timestamp) + distance : uint64(block.timestamp) - distance;
    }

    /// @dev Sends a call as an account does: by a transaction, or by what the owners of the multi-signature sign.
    function _call(address sender, address to, bytes memory data) internal returns (bool done, bytes memory answer) {
        if (sender != address(safe)) {
            vm.prank(sender);
            return to.call(data);
        }
        bytes memory signatures = _byOwners(safe.executionHash(to, data));
        return address(safe).call(abi.encodeCall(SafeLike.execute, (to, data, signatures)));
    }

    function _byOwners(bytes32 hash) internal view returns (bytes memory) {
        return bytes.concat(_byKey(accounts[8], hash), _byKey(accounts[9], hash));
    }

    function _byKey(address account, bytes32 hash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[account], hash);
        return abi.encodePacked(r, s, v);
    }
}
