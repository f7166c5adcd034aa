// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";

// Contract accounts that are asked whether they signed (ERC-1271), good and bad. What they know is part of their code,
// so that a test can also put that code on the address of a key.

bytes4 constant SIGNED = bytes4(keccak256("isValidSignature(bytes32,bytes)"));

/// @notice Answers anything with one word and as many bytes behind it as it was made with, or reverts with that.
contract Answering {
    bytes32 private immutable _word;
    uint256 private immutable _length;
    bool private immutable _reverts;

    constructor(bytes32 word, uint256 length, bool reverts) {
        (_word, _length, _reverts) = (word, length, reverts);
    }

    fallback() external {
        (bytes32 word, uint256 length, bool reverts) = (_word, _length, _reverts);
        assembly ("memory-safe") {
            mstore(0x00, word)
            if reverts { revert(0x00, length) }
            return(0x00, length)
        }
    }
}

/// @notice Needs all the gas that it is given.
contract Burning {
    fallback() external {
        while (true) {}
    }
}

/// @notice Accepts after work that costs about this much gas.
contract Working {
    uint256 private immutable _work;

    constructor(uint256 work) {
        _work = work;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 start = gasleft();
        while (start - gasleft() < _work) {}
        return SIGNED;
    }
}

/// @notice Accepts, but wants to remember it.
contract Writing {
    uint256 public times;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++times;
        return SIGNED;
    }
}

/// @notice Accepts, after it tried to act in its own name while it was asked.
contract Reentering {
    bytes private _call;

    constructor(bytes memory data) {
        _call = data;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool done,) = msg.sender.call(_call);
        return done ? bytes4(0) : SIGNED;
    }
}

/// @notice Accepts one question only, and only if the registry already holds the nonce for spent.
contract Watching {
    bytes32 private immutable _question;
    uint256 private immutable _nonce;

    constructor(bytes32 question, uint256 nonce) {
        (_question, _nonce) = (question, nonce);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bool asked = keccak256(abi.encode(hash, signature)) == _question;
        return asked && ICredentialRegistry(msg.sender).isNonceSpent(address(this), _nonce) ? SIGNED : bytes4(0);
    }
}
