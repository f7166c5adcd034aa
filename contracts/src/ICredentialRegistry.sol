// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The Cairn credential registry
/// @notice Says who issues, which assertion keys were valid when, which batches were anchored when, what was revoked or
/// suspended, and who recognises whom. It holds no personal data, and nobody owns it: there is no upgrade, no pause and
/// no account that can act for another issuer. Every record is keyed by issuer first.
/// @dev Times are Unix seconds of the block that made the record. Zero always means "never".
interface ICredentialRegistry {
    /*//////////////////////////////////////////////////////////////////////////
                                       TYPES
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice An issuer, named by `issuerId = keccak256(abi.encode(creator, keccak256(bytes(did))))`.
    struct Issuer {
        address admin; // manages operators and keys
        uint64 registeredAt;
        address pendingAdmin; // must accept before it becomes the admin
        string did; // a claim, until the DID document names this registry and issuer id back
    }

    /// @notice What an account may do for an issuer, and when. `roles` is a set of ANCHOR (1) and REVOKE (2).
    struct Operator {
        uint8 roles;
        uint64 validFrom; // inclusive
        uint64 validUntil; // exclusive
    }

    /// @notice An Ed25519 public key that signs the issuer's credentials, and the time in which it counts.
    struct AssertionKey {
        bytes32 key;
        uint64 validFrom; // inclusive
        uint64 validUntil; // exclusive; the largest uint64 while the key is open
    }

    /// @notice One period in which an accreditor recognises an issuer.
    struct Accreditation {
        uint64 validFrom; // inclusive
        uint64 validUntil; // exclusive
        bytes32 scope; // hash of a published statement of what is recognised; zero for no limit stated
    }

    /// @notice A batch of credentials, by its Merkle root (RFC 9162, SHA-256). One storage slot.
    struct Anchor {
        uint64 anchoredAt;
        uint64 blockNumber;
        uint32 treeSize;
        uint64 withdrawnAt; // zero while the batch stands
        uint8 withdrawalReason;
    }

    enum StatusAction {
        Revoke, // for ever
        Suspend, // until reinstated
        Reinstate // ends a suspension, never a revocation
    }

    /// @notice Status indexes `word * 256 + i` for each bit `i` of `mask` that is set.
    struct StatusWord {
        uint64 word;
        uint256 mask;
    }

    /// @notice What an operator signs so that anyone may submit its act and pay for it.
    /// @dev EIP-712 typed data:
    /// `SponsoredAct(bytes32 issuerId,address operator,bytes4 action,bytes32 payloadHash,uint256 nonce,uint64 deadline)`,
    /// with the selector of the operator's own function (`anchor`, `withdraw`, `setStatus`) as action and keccak256 of
    /// the ABI encoding of its arguments after the issuer id as payload hash.
    struct Authorization {
        address operator;
        uint256 nonce; // any that the operator has neither used nor cancelled; their order has no meaning
        uint64 deadline; // the last second in which it can be submitted
        bytes signature; // r, s, v of the operator's key in 65 bytes, or what its contract accepts (ERC-1271)
    }

    /// @notice The question that a verifier asks about one credential.
    struct StateQuery {
        bytes32 issuerId;
        bytes32 root;
        uint64 statusIndex;
    }

    /// @notice All that a verdict needs to know about an issuer. All zero and empty for an unknown issuer id.
    struct IssuerState {
        bytes32 didHash; // keccak256(bytes(did))
        uint64 registeredAt;
        AssertionKey[] keys;
    }

    /// @notice All that a verdict needs to know about one credential. Static: eleven words.
    struct CredentialState {
        Anchor anchor; // all zero if this issuer never anchored this root
        bool revoked;
        bool suspended;
        address accreditor; // the first of the accreditors asked about that recognised the issuer at anchor time
        Accreditation accreditation; // its period; all zero if there is none, or no anchor
    }

    /// @notice What `check` found, in the order in which it looks.
    enum CheckResult {
        Valid,
        NotAnchored,
        Withdrawn,
        NotIncluded, // wrong size, index, path or digest
        Revoked,
        Suspended
    }

    /*//////////////////////////////////////////////////////////////////////////
                                       ERRORS
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice The DID is empty or longer than 256 bytes.
    error DidLengthInvalid(uint256 length);
    /// @notice This creator has registered this DID before.
    error IssuerAlreadyRegistered(bytes32 issuerId);
    /// @notice The caller is not the issuer's admin (nor is anyone, for an unknown issuer).
    error NotAdmin(bytes32 issuerId, address caller);
    /// @notice The caller was not proposed as the issuer's next admin.
    error NotPendingAdmin(bytes32 issuerId, address caller);
    /// @notice The caller does not hold the role for the issuer at this time.
    error NotOperator(bytes32 issuerId, address caller, uint8 role);
    /// @notice The roles contain a bit that has no meaning.
    error RolesInvalid(uint8 roles);
    /// @notice The period ends before it begins, or has ended already.
    error PeriodInvalid(uint64 validFrom, uint64 validUntil);
    /// @notice The key is zero.
    error KeyInvalid(bytes32 key);
    /// @notice The issuer has listed this key before: keys are never listed twice.
    error KeyAlreadyAdded(bytes32 issuerId, bytes32 key);
    /// @notice The issuer has listed as many keys as it may, open and closed ones together.
    error KeyLimitReached(bytes32 issuerId, uint256 limit);
    /// @notice The issuer never listed this key.
    error KeyUnknown(bytes32 issuerId, bytes32 key);
    /// @notice A key's end may only move earlier, and not before its start.
    error KeyEndInvalid(bytes32 issuerId, bytes32 key, uint64 current, uint64 proposed);
    /// @notice No issuer has this id.
    error IssuerUnknown(bytes32 issuerId);
    /// @notice The caller has no accreditation of this issuer in force.
    error NotAccredited(address accreditor, bytes32 issuerId);
    /// @notice The root is zero.
    error RootInvalid(bytes32 root);
    /// @notice The tree size is zero.
    error TreeSizeInvalid(uint32 treeSize);
    /// @notice The issuer anchored this root before. A client treats this as success after reading the anchor.
    error AlreadyAnchored(bytes32 issuerId, bytes32 root);
    /// @notice The issuer never anchored this root.
    error NotAnchored(bytes32 issuerId, bytes32 root);
    /// @notice The batch was withdrawn before.
    error AlreadyWithdrawn(bytes32 issuerId, bytes32 root);
    /// @notice The reason is not one of those that the action allows.
    error ReasonInvalid(uint8 reason);
    /// @notice The call names no word, or more than 256.
    error WordCountInvalid(uint256 count);
    /// @notice The entry at this position would change nothing.
    error NothingToChange(uint256 position, uint64 word);
    /// @notice The authorization could be submitted until this second.
    error DeadlinePassed(uint64 deadline);
    /// @notice The operator used or cancelled this nonce before.
    error NonceAlreadySpent(address operator, uint256 nonce);
    /// @notice The operator did not sign this digest: another signer, act, chain or contract, or no signature at all.
    error SignatureInvalid(address operator, bytes32 digest);

    /*//////////////////////////////////////////////////////////////////////////
                                       EVENTS
    //////////////////////////////////////////////////////////////////////////*/

    event IssuerRegistered(bytes32 indexed issuerId, address indexed creator, string did);
    event AdminProposed(bytes32 indexed issuerId, address indexed pendingAdmin);
    event AdminChanged(bytes32 indexed issuerId, address indexed previousAdmin, address indexed admin);
    event OperatorSet(
        bytes32 indexed issuerId, address indexed account, uint8 roles, uint64 validFrom, uint64 validUntil
    );
    event KeyAdded(bytes32 indexed issuerId, bytes32 indexed key, uint64 validFrom);
    event KeyClosed(bytes32 indexed issuerId, bytes32 indexed key, uint64 validUntil);
    event Accredited(
        address indexed accreditor, bytes32 indexed issuerId, uint64 validFrom, uint64 validUntil, bytes32 scope
    );
    event AccreditationEnded(address indexed accreditor, bytes32 indexed issuerId, uint64 validUntil);
    event Anchored(bytes32 indexed issuerId, bytes32 indexed root, uint32 treeSize, address operator);
    event Withdrawn(bytes32 indexed issuerId, bytes32 indexed root, uint8 reason, address operator);
    /// @param changed the bits that this change turned on (Revoke, Suspend) or off (Reinstate)
    event StatusChanged(
        bytes32 indexed issuerId,
        uint64 indexed word,
        StatusAction action,
        uint8 reason,
        uint256 changed,
        address operator
    );
    event NonceSpent(address indexed operator, uint256 indexed nonce);

    /*//////////////////////////////////////////////////////////////////////////
                                       ISSUERS
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice Registers an issuer whose admin is the caller. Anyone may call it. It never gives trust to the DID, and
    /// never touches an issuer that is registered.
    /// @return issuerId keccak256(abi.encode(msg.sender, keccak256(bytes(did))))
    function registerIssuer(string calldata did) external returns (bytes32 issuerId);

    /// @notice Proposes the next admin (zero takes a proposal back). Only the admin. It never hands anything over yet.
    function proposeAdmin(bytes32 issuerId, address pendingAdmin) external;

    /// @notice Completes the hand-over. Only the proposed admin. It never leaves two admins, or none.
    function acceptAdmin(bytes32 issuerId) external;

    /// @notice Sets what an account may do and when; roles zero removes it. Only the admin. It never undoes what the
    /// account did while it was an operator.
    /// @dev Replaces what was set before. With roles zero the period is not looked at and becomes zero too.
    function setOperator(bytes32 issuerId, address account, uint8 roles, uint64 validFrom, uint64 validUntil) external;

    /// @notice Lists an Ed25519 assertion key, valid from this block on. Only the admin. A key never counts for what
    /// was anchored before it was listed.
    /// @dev At most 256 in the life of an issuer, so that nobody can make an issuer too dear to read.
    function addKey(bytes32 issuerId, bytes32 key) external;

    /// @notice Ends a key at a moment that may lie in the past ("compromised since") or in the future (planned
    /// retirement). Only the admin. The moment never moves later, and what was anchored before it stays valid.
    function closeKey(bytes32 issuerId, bytes32 key, uint64 validUntil) external;

    /*//////////////////////////////////////////////////////////////////////////
                                   ACCREDITATION
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice Recognises an issuer in the caller's name from this block until `validUntil`. Anyone may call it: a
    /// verifier's policy names the accreditors that count. A period in force ends and the new one follows it; one that
    /// is over never changes.
    /// @dev An end excludes its own second: what was anchored in the block that ends a period lies outside that period.
    function accredit(bytes32 issuerId, uint64 validUntil, bytes32 scope) external;

    /// @notice Ends the caller's accreditation of the issuer at this block. Anyone may call it, for what it recognised.
    /// It never takes recognition from what was anchored before, and never keeps an issuer from revoking.
    function endAccreditation(bytes32 issuerId) external;

    /*//////////////////////////////////////////////////////////////////////////
                                  ANCHORS AND STATUS
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice Anchors a batch. Only an operator with ANCHOR. Write-once for each issuer and root: it never changes an
    /// anchor that stands.
    function anchor(bytes32 issuerId, bytes32 root, uint32 treeSize) external;

    /// @notice Ends a whole batch that was issued in error, for ever. Only an operator with REVOKE. It never touches
    /// another batch, nor when this one was anchored.
    /// @param reason 1 issued in error, 2 assessment invalid, 3 accreditation withdrawn retroactively,
    /// 4 compromised or fraudulently obtained, 5 superseded
    function withdraw(bytes32 issuerId, bytes32 root, uint8 reason) external;

    /// @notice Revokes, suspends or reinstates credentials by status index. Only an operator with REVOKE. It never
    /// lifts a revocation.
    /// @dev All or nothing: an entry that would change nothing reverts the whole call with its position. Revoked and
    /// suspended are kept apart: a credential can be both, and reinstating it then leaves it revoked.
    /// @param reason as in `withdraw` for Revoke and Suspend; zero for Reinstate
    function setStatus(bytes32 issuerId, StatusAction action, uint8 reason, StatusWord[] calldata words) external;

    /*//////////////////////////////////////////////////////////////////////////
                                   SPONSORED ACTS
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice `anchor` in the name of an operator who signed it. Anyone may call it, once, until the deadline. It
    /// never does what `anchor` would not do for that operator at this time.
    function anchorFor(bytes32 issuerId, bytes32 root, uint32 treeSize, Authorization calldata authorization) external;

    /// @notice `withdraw` in the name of an operator who signed it. Anyone may call it, once, until the deadline. It
    /// never does what `withdraw` would not do for that operator at this time.
    function withdrawFor(bytes32 issuerId, bytes32 root, uint8 reason, Authorization calldata authorization) external;

    /// @notice `setStatus` in the name of an operator who signed it. Anyone may call it, once, until the deadline. It
    /// never does what `setStatus` would not do for that operator at this time.
    function setStatusFor(
        bytes32 issuerId,
        StatusAction action,
        uint8 reason,
        StatusWord[] calldata words,
        Authorization calldata authorization
    ) external;

    /// @notice Makes worthless what the caller signed with this nonce, or might sign. Anyone may call it, for itself.
    /// It never touches another account's nonces, nor undoes an act.
    function cancelNonce(uint256 nonce) external;

    /*//////////////////////////////////////////////////////////////////////////
                                       READING
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice The issuer's record; all zero and empty if nobody registered it.
    function issuerOf(bytes32 issuerId) external view returns (Issuer memory);

    /// @notice What an account may do for an issuer and when; all zero if it is no operator.
    function operatorOf(bytes32 issuerId, address account) external view returns (Operator memory);

    /// @notice All keys of an issuer, open and closed, in the order in which they were listed.
    function keysOf(bytes32 issuerId) external view returns (AssertionKey[] memory);

    /// @notice Whether the issuer's key counts for what was anchored at this time.
    function isKeyValidAt(bytes32 issuerId, bytes32 key, uint64 time) external view returns (bool);

    /// @notice The anchor of a root; all zero if this issuer never anchored it.
    function anchorOf(bytes32 issuerId, bytes32 root) external view returns (Anchor memory);

    /// @notice The revoked and the suspended bits of one word.
    function statusWord(bytes32 issuerId, uint64 word) external view returns (uint256 revoked, uint256 suspended);

    /// @notice In how many periods an accreditor has recognised an issuer.
    function accreditationCount(address accreditor, bytes32 issuerId) external view returns (uint256);

    /// @notice One period of the history, oldest first. Reverts with Panic 0x32 beyond the count.
    function accreditationByIndex(address accreditor, bytes32 issuerId, uint256 index)
        external
        view
        returns (Accreditation memory);

    /// @notice The accreditation in force at a time; all zero if there was none.
    function accreditationAt(address accreditor, bytes32 issuerId, uint64 time)
        external
        view
        returns (Accreditation memory);

    /// @notice Everything that a verifier needs, for many credentials, read at one block.
    /// @param issuerIds the issuers whose keys are wanted
    /// @param accreditors the accounts whose recognition counts for the asker, in order of preference
    /// @return blockNumber the block that was read
    /// @return blockTime its time
    /// @return issuers one for each issuer id, in order
    /// @return credentials one for each query, in order
    function states(bytes32[] calldata issuerIds, StateQuery[] calldata queries, address[] calldata accreditors)
        external
        view
        returns (
            uint256 blockNumber,
            uint256 blockTime,
            IssuerState[] memory issuers,
            CredentialState[] memory credentials
        );

    /// @notice Checks one credential on chain, for other contracts. Says nothing of signature or accreditation.
    /// @param digest SHA-256 of the canonical document without its proofs
    /// @param path inclusion path, leaf upward (RFC 9162 section 2.1.3); its length must be exact
    function check(
        bytes32 issuerId,
        bytes32 root,
        bytes32 digest,
        uint64 statusIndex,
        uint32 leafIndex,
        uint32 treeSize,
        bytes32[] calldata path
    ) external view returns (CheckResult);

    /// @notice Whether a tree with this root and size holds the leaf at this index, by RFC 9162 section 2.1.3.2.
    /// @param path the inclusion path, leaf upward; its length must be exact
    function isIncluded(bytes32 root, bytes32 leafHash, uint64 leafIndex, uint64 treeSize, bytes32[] calldata path)
        external
        pure
        returns (bool);

    /// @notice Whether the operator used or cancelled this nonce.
    function isNonceSpent(address operator, uint256 nonce) external view returns (bool);

    /// @notice The domain that sponsored acts are signed for (ERC-5267): this contract on this chain.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
