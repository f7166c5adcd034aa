// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract account that answers every question with what was chosen: a word, cut or lengthened, or a revert.
contract AnyAccount {
    bytes32 private _word;
    uint256 private _length;
    bool private _reverts;

    constructor(bytes32 word, uint256 length, bool reverts) {
        _word = word;
        _length = length;
        _reverts = reverts;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory answer = _answer();
        if (!_reverts) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    /// @dev halmos copies only what has a known length, so each length is a path of its own.
    function _answer() private view returns (bytes memory) {
        bytes memory answer = abi.encode(_word, ~_word);
        if (_length == 0) return _cut(answer, 0);
        if (_length == 4) return _cut(answer, 4);
        if (_length == 31) return _cut(answer, 31);
        if (_length == 32) return _cut(answer, 32);
        if (_length == 33) return _cut(answer, 33);
        return answer;
    }

    function _cut(bytes memory answer, uint256 length) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(answer, length)
        }
        return answer;
    }
}
