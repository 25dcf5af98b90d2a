/**
 * Error codes: what each code of Salesforce's means for what it was said against, and what to do about it.
 *
 * Policy floor: pure data. `docs/errors.md` is made of it, with the cause of each code beside it (`scripts/error-words.ts`).
 *
 * @see SOAP API Developer Guide, "Core Data Types Used in API Calls": StatusCode, ExceptionCode. Bulk API 2.0 Developer
 * Guide, "Errors". Salesforce Help, "OAuth 2.0 Error Codes". RFC 6749, section 5.2.
 * @module
 */
import { type ErrorClass, FEW, type Meaning, remedies } from './error-meaning.ts'

/** What a code means when its message says a certain thing. */
export interface TextMeaning extends Meaning {
  /** Looked for in the message. Matches words of Salesforce's own only, so that what it found may be repeated. */
  readonly text: RegExp
}

/** What a code means. */
export interface CodeMeaning extends Meaning {
  /** Meanings that only the message tells apart; the first that fits counts. */
  readonly texts?: readonly TextMeaning[]
}

/** Codes of one meaning. */
export interface CodeRow {
  readonly codes: readonly string[]
  readonly meaning: CodeMeaning
}

function row(
  kind: ErrorClass,
  codes: string,
  remedy: string,
  more: Omit<CodeMeaning, 'class' | 'remedy'> = {},
): CodeRow {
  return { codes: codes.split(' '), meaning: { class: kind, remedy, ...more } }
}

const APP = 'Check client id, secret, flow and policies of the connected app.'
const CLOSED = 'The org is closed, locked or moved: ask its administrator, or Salesforce.'
const VALUE = 'Correct the value of the field it names, then release the trigger.'
const AUTOMATION = 'Look at the trigger or flow of the org that it names, then release the trigger.'
const ROOM =
  'Free what is used up in the org, storage, licences or jobs, or have it raised. Then release all triggers of this code.'
const PERMISSION =
  'Check what the user of the session may do with this object and its fields. Then release all triggers of this code.'
const HELD = 'Release the trigger when the record can be changed again.'

const LOCKED: TextMeaning = {
  text: /UNABLE_TO_LOCK_ROW|unable to obtain exclusive access/i,
  class: 'concurrency',
  remedy: remedies.less,
}
const OVER_LIMITS: TextMeaning = {
  text: /too many (?:SOQL queries|query rows|DML statements|DML rows)|CPU time limit exceeded|heap size too large/i,
  class: 'concurrency',
  remedy:
    'It is sent again by itself. If it keeps coming, lower batchesPerCall, or have the Apex and flows of the object use less.',
}
const TOO_MANY_PASSES: TextMeaning = {
  text: /too many (?:retries of batch save|batch retries)/i,
  class: 'bisect',
  tries: FEW,
  remedy: remedies.split,
}
const AUTOMATED = [LOCKED, OVER_LIMITS, TOO_MANY_PASSES]

/** What may succeed later, and what hits everything alike. */
const PASSING: readonly CodeRow[] = [
  row('transient', 'INTERNAL_ERROR', remedies.wait),
  row('transient', 'UNKNOWN_EXCEPTION Unknown', remedies.wait, { texts: AUTOMATED }),
  row('transient', 'QUERY_TIMEOUT Timeout', remedies.wait),
  row('transient', 'INVALID_QUERY_LOCATOR INVALID_LOCATOR', remedies.wait, { tries: FEW }),
  row(
    'transient',
    'ALL_OR_NONE_OPERATION_ROLLED_BACK PROCESSING_HALTED BATCH_PROCESSING_HALTED FAILED_DUE_TO_OTHER_INPUTS',
    remedies.wait,
  ),
  row(
    'transient',
    'FUNCTIONALITY_TEMPORARILY_UNAVAILABLE OPERATION_ENQUEUED COLLISION_DETECTED TERRITORY_REALIGN_IN_PROGRESS',
    remedies.wait,
  ),
  row('transient', 'CANNOT_EXECUTE_FLOW_TRIGGER FLOW_EXCEPTION', AUTOMATION, {
    tries: FEW,
    texts: AUTOMATED,
  }),
  row(
    'transient',
    'TXN_SECURITY_METERING_ERROR TXN_SECURITY_RUNTIME_ERROR TXN_SECURITY_APEX_ERROR TXN_SECURITY_FAIL_CLOSE',
    'Give the user of the session the permission "Exempt from Transaction Security", or mend the policy. Then release all triggers of this code.',
    { tries: FEW },
  ),
  row('transient', 'unknown_error temporarily_unavailable server_error', remedies.wait),
  row(
    'concurrency',
    'UNABLE_TO_LOCK_ROW RECORD_IN_USE_BY_WORKFLOW TooManyLockFailure',
    remedies.less,
  ),
  row(
    'concurrency',
    'REQUEST_RUNNING_TOO_LONG REALTIME_PROCESSING_TIME_EXCEEDED_LIMIT',
    remedies.less,
  ),
  row('concurrency', 'TOO_MANY_APEX_REQUESTS', remedies.less, { pause: 'short' }),
  row(
    'org',
    'REQUEST_LIMIT_EXCEEDED',
    'Wait, or see what else uses the API of this org: it refuses further calls for now.',
    {
      texts: [
        {
          text: /TotalRequests/i,
          class: 'org',
          pause: 'long',
          remedy:
            'Wait until the 24 hours roll on, buy calls, or see what else uses them: the API allocation of the org is used up.',
        },
        {
          text: /ConcurrentPerOrgLongTxn|ConcurrentRequests|Concurrent/i,
          class: 'concurrency',
          pause: 'short',
          remedy:
            'It is sent again by itself, less at a time. If it keeps coming, see which calls of the org take longer than 20 seconds.',
        },
      ],
    },
  ),
  row('org', 'SERVER_UNAVAILABLE ORG_IN_MAINTENANCE SSO_SERVICE_DOWN', remedies.wait),
  row(
    'org',
    'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE INVALID_READ_ONLY_USER_DML',
    remedies.wait,
  ),
  row('org', 'API_CURRENTLY_DISABLED', remedies.wait, {
    pause: 'long',
    texts: [
      {
        text: /disabled for this user/i,
        class: 'org',
        pause: 'long',
        remedy: 'Give the user of the session the permission "API Enabled".',
      },
    ],
  }),
  row(
    'org',
    'API_DISABLED_FOR_ORG',
    'Give the user of the session the permission "API Enabled", and check that the edition of the org has the API.',
    { pause: 'long' },
  ),
  row(
    'org',
    'ORG_LOCKED TRIAL_EXPIRED ORG_IS_SIGNING_UP ORG_NOT_OWNED_BY_INSTANCE ORG_IS_DOT_ORG',
    CLOSED,
    { pause: 'long' },
  ),
  row(
    'auth',
    'INVALID_SESSION_ID InvalidSessionId INVALIDSESSIONID SESSION_EXPIRED SESSION_INVALIDATED Bad_OAuth_Token',
    remedies.logIn,
    {
      texts: [
        {
          text: /not valid for use with the REST API/i,
          class: 'org',
          pause: 'long',
          remedy:
            'A fresh session would be refused as well: give the connected app the scope "api", and its user access to it.',
        },
      ],
    },
  ),
  row('auth', 'INVALID_AUTH_HEADER INVALID_HEADER_TYPE', remedies.logIn),
  row(
    'auth',
    'INVALID_LOGIN invalid_grant PASSWORD_LOCKOUT INVALID_OPERATION_WITH_EXPIRED_PASSWORD LOGIN_MUST_USE_SECURITY_TOKEN LOGIN_CHALLENGE_ISSUED LOGIN_CHALLENGE_PENDING',
    'Log in again: the credentials are not accepted any more.',
  ),
  row(
    'auth',
    'LOGIN_DURING_RESTRICTED_DOMAIN LOGIN_DURING_RESTRICTED_TIME',
    'Check login hours and IP ranges of the user and its profile.',
  ),
  row('auth', 'inactive_user', 'Activate or unfreeze the user of the session.'),
  row('auth', 'inactive_org', CLOSED, { pause: 'long' }),
  row('auth', 'rate_limit_exceeded', 'Wait: this user has logged in too often.', { pause: 'long' }),
  row(
    'auth',
    'invalid_client invalid_client_id invalid_client_credentials unauthorized_client unsupported_grant_type invalid_scope invalid_request invalid_app_access invalid_assertion_type redirect_uri_mismatch access_denied',
    APP,
  ),
  row(
    'auth',
    'CLIENT_NOT_ACCESSIBLE_FOR_USER CLIENT_REQUIRE_UPDATE_FOR_USER UNSUPPORTED_CLIENT INVALID_CLIENT MUTUAL_AUTHENTICATION_FAILED INVALID_SSO_GATEWAY_URL',
    APP,
  ),
  row(
    'auth',
    'TXN_SECURITY_END_A_SESSION TXN_SECURITY_TWO_FA_REQUIRED INACTIVE_PORTAL PORTAL_NO_ACCESS',
    'Use a user made for integrations, whom no such policy stops, and log in again.',
  ),
]

/** What stays as it is until a record, the org or the mapping changes. */
const LASTING: readonly CodeRow[] = [
  row('match', 'ENTITY_IS_DELETED', remedies.refound),
  row(
    'match',
    'INVALID_CROSS_REFERENCE_KEY',
    'An id names no record of this org. Check crmId, owner and campaign, then release the trigger.',
  ),
  row(
    'match',
    'CANNOT_UPDATE_CONVERTED_LEAD',
    'The Lead was converted. Its Contact takes the change from now on.',
  ),
  row('match', 'NOT_FOUND NotFound', remedies.refound, {
    texts: [
      {
        text: /external id field does not exist|requested resource does not exist/i,
        class: 'mapping',
        remedy:
          'Check apiVersion, and that object and key field exist and are visible to the user of the session.',
      },
    ],
  }),
  row('match', 'INVALID_ID_FIELD RECORD_NOT_FOUND MISSING_RECORD', remedies.refound),
  row(
    'match',
    'ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE_CHECK MATCH_PRECONDITION_FAILED MODIFIED',
    remedies.refound,
  ),
  row(
    'record',
    'DUPLICATES_DETECTED',
    'A duplicate rule of the org found a match: error.recordIds. Merge them, name the prospect by its crmId, or set match.duplicates.',
  ),
  row(
    'record',
    'DUPLICATE_VALUE',
    'Another record holds a value that must be unique. Change one of them, or merge them.',
    {
      texts: [
        {
          text: /duplicate external id specified|external id already exists/i,
          class: 'transient',
          tries: FEW,
          remedy: remedies.wait,
        },
      ],
    },
  ),
  row(
    'record',
    'DUPLICATE_EXTERNAL_ID MULTIPLE_RECORDS_FOUND MULTIPLE_CHOICES',
    remedies.sharedKey,
  ),
  row(
    'record',
    'REQUIRED_FIELD_MISSING',
    'Send the field, give it a default in create.defaults, or make it optional in the org.',
  ),
  row(
    'record',
    'STRING_TOO_LONG MAX_TASK_DESCRIPTION_EXCEEEDED MAX_TASK_DESCRIPTION_EXCEEDED',
    'Shorten the value, or lengthen the field.',
  ),
  row('record', 'INVALID_EMAIL_ADDRESS', 'Correct the e-mail address.'),
  row(
    'record',
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    'Send a value of the picklist, or add it in the org.',
  ),
  row(
    'record',
    'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    'A validation rule of the org refused the record. Change the values, or the rule.',
    { texts: [LOCKED] },
  ),
  row(
    'record',
    'FIELD_FILTER_VALIDATION_EXCEPTION RELATED_ENTITY_FILTER_VALIDATION_EXCEPTION',
    'A lookup filter of the org does not allow this record there. Name another one.',
  ),
  row(
    'record',
    'FIELD_INTEGRITY_EXCEPTION NUMBER_OUTSIDE_VALID_RANGE DATE_OUT_OF_RANGE INVALID_DATE_FORMAT INVALID_TYPE_ON_FIELD_IN_RECORD INVALID_CURRENCY_ISO TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET INVALID_TEXT_REPRESENTATION UNSAFE_HTML_CONTENT',
    VALUE,
  ),
  row(
    'record',
    'MALFORMED_ID INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD',
    'Send the id of a record of the right object, 15 or 18 characters.',
  ),
  row(
    'record',
    'INSUFFICIENT_ACCESS_OR_READONLY TRANSFER_REQUIRES_READ',
    'The session may not write this record. Check sharing and permissions.',
  ),
  row(
    'record',
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'The session may not use a record that this one points to. Check owner, account and campaign.',
  ),
  row(
    'record',
    'INACTIVE_OWNER_OR_USER INVALID_OWNER INVALID_USERID OP_WITH_INVALID_USER_TYPE_EXCEPTION',
    'Name an owner who is an active user and may own this object.',
  ),
  row('record', 'ENTITY_IS_LOCKED ALREADY_IN_PROCESS ENTITY_IS_ARCHIVED', HELD),
  row('record', 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', AUTOMATION, {
    texts: [
      ...AUTOMATED,
      { text: /entity type cannot be/i, class: 'mapping', remedy: PERMISSION },
      // A callout of a trigger: the session it means is not ours. @see Marketo, "Salesforce Diagnostics"
      { text: /INVALID_SESSION_ID|session expired/i, class: 'record', remedy: AUTOMATION },
      // The trigger that did something it may not says where: that is its own affair.
      { text: /execution of/i, class: 'record', remedy: AUTOMATION },
      { text: /permission/i, class: 'mapping', remedy: PERMISSION },
    ],
  }),
  row(
    'record',
    'SELF_REFERENCE_FROM_TRIGGER SELF_REFERENCE_FROM_FLOW MAX_DEPTH_IN_FLOW_EXECUTION MIXED_DML_OPERATION CUSTOM_APEX_ERROR APEX_FAILED ENTITY_SAVE_ERROR ENTITY_SAVE_VALIDATION_ERROR RECORD_CREATION_FAILED FAILED_ACTIVATION',
    AUTOMATION,
    { texts: AUTOMATED },
  ),
  row(
    'record',
    'CIRCULAR_DEPENDENCY CANNOT_REPARENT_RECORD INVALID_PERSON_ACCOUNT_OPERATION INVALID_STATUS INVALID_OPERATION',
    'The org does not allow this change of this record. Change it in Salesforce.',
  ),
  row(
    'record',
    'EMAIL_OPTED_OUT EMAIL_ADDRESS_BOUNCED',
    'The org may not write to this address. Correct it, or let it be.',
  ),
  row(
    'record',
    'DELETE_FAILED DELETE_NOT_ALLOWED DELETE_REQUIRED_ON_CASCADE DELETE_OPERATION_TOO_LARGE DEPENDENCY_EXISTS CANNOT_DELETE_ENTITY CANNOT_DELETE_OWNER UNDELETE_FAILED MERGE_FAILED',
    'Something else in the org hangs on the record. Change that first.',
  ),
  row(
    'mapping',
    'INVALID_FIELD CANNOT_RESOLVE_NAME InvalidBatch INVALIDBATCH',
    'The org has no such field, or the session may not see it. Check mapping and permissions, then release all triggers of this field.',
  ),
  row(
    'mapping',
    'INVALID_FIELD_FOR_INSERT_UPDATE FIELD_NOT_UPDATABLE FIELD_MAPPING_ERROR',
    'The session may not write the field. Check the field permissions of its user, then release all triggers of this field.',
  ),
  row(
    'mapping',
    'INVALID_TYPE INVALID_TYPE_FOR_OPERATION INVALID_ENTITY_FOR_UPSERT ENTITY_NOT_QUERYABLE INVALIDENTITY INSUFFICIENT_ACCESS FORBIDDEN OPERATION_NOT_ALLOWED APEX_DATA_ACCESS_RESTRICTION REL_FIELD_BAD_ACCESSIBILITY InvalidUser',
    PERMISSION,
  ),
  row(
    'mapping',
    'UNAVAILABLE_RECORDTYPE_EXCEPTION',
    'Give the user of the session a record type of this object.',
  ),
  row(
    'mapping',
    'INVALID_ASSIGNMENT_RULE',
    'Name an active assignment rule of this object, or none.',
  ),
  row(
    'mapping',
    'TOO_MANY_ENUM_VALUE PICKLIST_INACTIVE_VALUES_EXCEEDED',
    'Clear out the picklist in the org: it can take no further value.',
  ),
  row(
    'mapping',
    'FUNCTIONALITY_NOT_ENABLED REQUIRED_FEATURE_MISSING PACKAGE_DISABLED PACKAGE_LICENSE_REQUIRED APEX_TRIGGER_COUPLING_LIMIT KEY_HAS_BEEN_DESTROYED FeatureNotEnabled FEATURENOTENABLED',
    'Have the feature switched on for the org. Then release all triggers of this code.',
  ),
  row(
    'mapping',
    'STORAGE_LIMIT_EXCEEDED EXCEEDED_QUOTA LICENSE_LIMIT_EXCEEDED LIMIT_EXCEEDED MAX_LIMIT_EXCEEDED ExceededQuota EXCEEDEDQUOTA',
    ROOM,
  ),
  row(
    'mapping',
    'TXN_SECURITY_NO_ACCESS',
    'A transaction security policy forbids this. Except the user of the session from it, then release all triggers of this code.',
  ),
  row(
    'mapping',
    'UNSUPPORTED_API_VERSION',
    'Set apiVersion to one that the org serves, 46.0 at the least.',
  ),
  row(
    'mapping',
    'MALFORMED_QUERY MALFORMED_SEARCH QUERY_TOO_COMPLICATED OPERATION_TOO_LARGE INVALID_QUERY_FILTER_OPERATOR INVALID_QUERY_SCOPE INVALID_QUERY_KEY INVALID_QUERY_VALUE INVALID_REPLICATION_DATE EXCEEDED_MAX_FILTER_ENTITIES EXCEEDED_MAX_SEMIJOIN_SUBSELECTS EXCEEDED_MAX_SEMIJOIN_SUBSELECTS_WRITE',
    remedies.defect,
  ),
  row(
    'mapping',
    'EXCEEDED_ID_LIMIT EXCEEDED_MAX_TYPES_LIMIT EXCEEDED_MAX_SOBJECTS TOO_MANY_RECORDS INVALID_BATCH_SIZE CIRCULAR_OBJECT_GRAPH DUPLICATE_ARGUMENT_VALUE ID_REQUIRED',
    remedies.defect,
  ),
  row(
    'mapping',
    'METHOD_NOT_ALLOWED MethodNotAllowed UNSUPPORTED_MEDIA_TYPE NOT_ACCEPTABLE NOT_MODIFIED NOT_IMPLEMENTED InvalidOperation INVALID_HEADER INVALID_SOAP_HEADER XML_PARSER_ERROR InvalidXML InvalidUrl MISMATCHING_VERSIONS',
    remedies.defect,
  ),
  row(
    'mapping',
    'InvalidJob InvalidJobState INVALIDJOBSTATE API_ERROR BULK_API_ERROR',
    remedies.defect,
  ),
  row(
    'bisect',
    'JSON_PARSER_ERROR POST_BODY_PARSE_ERROR ARGUMENT_OBJECT_PARSE_ERROR',
    remedies.split,
    { tries: FEW },
  ),
  row(
    'bisect',
    'EXCEEDED_MAX_SIZE_REQUEST URI_TOO_LONG REQUEST_HEADER_FIELDS_TOO_LARGE',
    remedies.split,
    { tries: FEW },
  ),
  row('bisect', 'APEX_ERROR', AUTOMATION, { tries: FEW, texts: AUTOMATED }),
  row(
    'bisect',
    'INVALID_INPUT INVALID_INPUT_FORMAT INVALID_INPUT_COMBINATION INVALID_API_INPUT INVALID_ARGUMENT_TYPE MISSING_ARGUMENT INVALID_CONTENT_TYPE INVALID_MULTIPART_REQUEST INVALID_BATCH_REQUEST INVALID_REQUEST ClientInputError',
    remedies.split,
    { tries: FEW },
  ),
]

/** Every code there is an entry for, in the order of the documentation. */
export const codeRows: readonly CodeRow[] = [...PASSING, ...LASTING]

/** `DUPLICATE_VALUE` on the field that holds our own key: another call has just created the record. */
export const takenKey: Meaning = {
  class: 'transient',
  tries: FEW,
  remedy:
    'It is sent again by itself. If it was given up, two records claim one key: merge them, or clear the key of one.',
}

/** A code that no row has. */
export const unknownCode: Meaning = {
  class: 'unknown',
  tries: FEW,
  remedy: 'Read what Salesforce says, change it there or in the data, then release the trigger.',
}
