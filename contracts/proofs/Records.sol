// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Where each record of the registry lies in its storage
/// @notice Proofs read storage itself where no getter shows every bit of it. That the compiler lays it out like this is
/// checked in tests/chain/test_contract_proofs.py.
library Records {
    uint256 internal constant SPENT_NONCES = 0;
    uint256 internal constant ISSUERS = 1;
    uint256 internal constant OPERATORS = 2;
    uint256 internal constant KEYS = 3;
    uint256 internal constant KEY_PERIODS = 4;
    uint256 internal constant ACCREDITATIONS = 5;
    uint256 internal constant ANCHORS = 6;
    uint256 internal constant REVOKED = 7;
    uint256 internal constant SUSPENDED = 8;

    /// @notice The first slot of an issuer's part of a mapping.
    function at(uint256 record, bytes32 issuerId) internal pure returns (bytes32) {
        return keccak256(abi.encode(issuerId, record));
    }

    /// @notice The first slot of what an issuer's part of a mapping holds under a key.
    function at(uint256 record, bytes32 issuerId, bytes32 key) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, at(record, issuerId)));
    }

    function at(uint256 record, bytes32 issuerId, address key) internal pure returns (bytes32) {
        return at(record, issuerId, bytes32(uint256(uint160(key))));
    }

    /// @notice A slot of the content of the dynamic array or long string whose length lies at `slot`.
    function content(bytes32 slot, uint256 offset) internal pure returns (bytes32) {
        return plus(keccak256(abi.encode(slot)), offset);
    }

    function plus(bytes32 slot, uint256 offset) internal pure returns (bytes32) {
        unchecked {
            return bytes32(uint256(slot) + offset);
        }
    }
}
