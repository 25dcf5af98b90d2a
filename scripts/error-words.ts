/**
 * The words of `docs/errors.md` that the package does not need at run time: causes, and what each class and each code of ours means.
 *
 * @module
 */
import type { SyncErrorCode } from 'prospect-sync'
import type { ErrorClass } from '../src/error-meaning.ts'

/** What our own codes mean, and what to do about them. */
export const ownCodes: Readonly<Record<SyncErrorCode, readonly [meaning: string, remedy: string]>> =
  {
    ERR_CONFIG: [
      'The options of a client or a transport cannot be worked with. Thrown by constructors.',
      'Change what the message names.',
    ],
    ERR_INVALID_TRIGGER: [
      'A trigger was refused at the door; `path` says where in it the fault is. Nothing was queued.',
      'Correct it and call again.',
    ],
    ERR_QUEUE_FULL: [
      'The client holds as much as it may. Nothing was queued.',
      'Await `client.ready()`, raise `maxPending` or `maxPendingBytes`, or clear `client.syncErrors`.',
    ],
    ERR_CLOSED: [
      'The client was closed before the call, or before the trigger was delivered.',
      'Create a new client and send again what the close report lists as undelivered.',
    ],
    ERR_ABORTED: [
      'The signal of a flush or an import fired.',
      'What was accepted goes on its way; import the rest later.',
    ],
    ERR_TRANSPORT: [
      'A call has no reply. `outcome` says whether it was not sent, refused, or may have been carried out; `status` and `salesforceCode` say why.',
      'As its `remedy` says: see the code or the HTTP status below.',
    ],
    ERR_REFUSED: [
      'Salesforce refused a part of a call as a whole. It had no effect.',
      'As its `remedy` says: see the code below.',
    ],
    ERR_RECORD: [
      'Salesforce refused the record. The others of its batch are in.',
      'As its `remedy` says: see the code below.',
    ],
    ERR_OUTCOME_UNKNOWN: [
      'A record that cannot be told from its double was sent, and no reply came: it may or may not be in Salesforce.',
      'Look there: release the trigger to send it again, discard it if the record is there.',
    ],
    ERR_AMBIGUOUS_MATCH: [
      'Several records of one object match the prospect; the message has their ids.',
      'Merge them in Salesforce, or name the prospect by its `crmId`.',
    ],
    ERR_NOT_FOUND: [
      'A record that the trigger names, or that was known, is gone from Salesforce.',
      'Restore it, or name another one, then release the trigger.',
    ],
    ERR_NO_RECORD: [
      'A membership or a task has waited for its prospect to get a record, for `create.holdMs`, and there is none.',
      'Assign the prospect, or create its record in Salesforce, then release the trigger.',
    ],
    ERR_NO_LOOKUP: [
      'The prospect has to be looked up, and the transport cannot.',
      'Name it by `crmId`, or by key with `create.object` set, or use a transport that can look up.',
    ],
    ERR_NOT_CARRIED: [
      'The transport does not carry what was asked for: changes, or descriptions.',
      'Use a transport whose `limits.carries` has it.',
    ],
    ERR_KEY_FIELD_MISSING: [
      'The prospect is named by key only, and neither Lead nor Contact has the key field.',
      'Add the field (`examples/salesforce-metadata` deploys it), set `keyField`, or name an e-mail as well.',
    ],
    ERR_OWNER: [
      'The user it is assigned to is inactive, unknown, one of several with that address, or a queue for something that is no Lead.',
      'As its `remedy` says; or let the option `owners.inactive` decide.',
    ],
    ERR_MEMBER_STATUS: [
      'The campaign has no such member status. Nothing was written: Salesforce would have put the default status in its place, in silence.',
      "Add the status to the campaign, send one that it has, or set `memberships.unknownStatus` to `'default'`.",
    ],
    ERR_PERSON_ACCOUNT: [
      'The record is a Person Account, which is written as an Account: this library does not.',
      'Name another record, or leave the prospect out.',
    ],
    ERR_RETRIES_EXHAUSTED: [
      'It was sent again as often as it may be, and did not pass. `cause` is the last error.',
      'See the code below, mend its cause, then release the trigger.',
    ],
    ERR_DEFECT: [
      'A defect of this library stopped the trigger. It is kept.',
      'Please report it. The trigger can be released.',
    ],
  }

/** What the classes mean, and what prospect-sync does about them. */
export const classWords: Readonly<
  Record<ErrorClass, { readonly title: string; readonly meaning: string; readonly does: string }>
> = {
  transient: {
    title: 'Passing',
    meaning: 'It may succeed later, unchanged.',
    does: 'Sends it again',
  },
  concurrency: {
    title: 'Too much at once',
    meaning: 'Too much runs at once, or somebody else holds the record. Less at a time helps.',
    does: 'Sends it again later',
  },
  org: {
    title: 'The whole org',
    meaning:
      'The org is out of reach, in maintenance or over its allocation: every other call would be refused as well.',
    does: 'Pauses everything, then sends it again',
  },
  auth: {
    title: 'The session',
    meaning:
      'The session, or the login behind it, is not accepted. A transport of ours gets a fresh session once before it says so.',
    does: 'Pauses everything, then sends it again',
  },
  match: {
    title: 'Another record',
    meaning:
      'The record is not the one it was taken for: deleted, merged, converted, changed. An error about another record than the prospect’s, as its owner or campaign, goes to `syncErrors` at once.',
    does: 'Forgets what it knew of the record, finds it anew and sends it again',
  },
  record: {
    title: 'One record',
    meaning:
      'The data of this record, or the rules of the org for it. No other record is to blame.',
    does: 'Gives it to `syncErrors`',
  },
  mapping: {
    title: 'Mapping and settings',
    meaning:
      'A field, an object, a permission or a limit. It hits all that carry it until somebody changes it; then release them together: `client.syncErrors.release({ code, field })`.',
    does: 'Gives it to `syncErrors`',
  },
  bisect: {
    title: 'One of many',
    meaning: 'One record brings the refusal upon all that travel with it.',
    does: 'Sends the records in halves, at a bounded price, until the one to blame is found; gives that one to `syncErrors`',
  },
  unknown: {
    title: 'Any other code',
    meaning:
      'The catalogue does not know the code, or prospect-sync does not use the feature it belongs to. It comes, if at all, out of the automation of the org.',
    does: 'Sends it again',
  },
}

/** Why Salesforce says so, by the first code of each row of the catalogue. */
export const causes: Readonly<Record<string, string>> = {
  INTERNAL_ERROR: 'Salesforce failed. Its message has an id for its support.',
  UNKNOWN_EXCEPTION:
    'Something failed at Salesforce, often in the Apex of the org. Its message may have an id for support.',
  QUERY_TIMEOUT: 'It took Salesforce too long.',
  INVALID_QUERY_LOCATOR: 'The rest of a long query is not kept any more.',
  ALL_OR_NONE_OPERATION_ROLLED_BACK:
    'Another record or request of the same call failed; this one was rolled back or never looked at.',
  FUNCTIONALITY_TEMPORARILY_UNAVAILABLE:
    'Salesforce is busy with something that excludes this change for now, as a realignment of territories.',
  CANNOT_EXECUTE_FLOW_TRIGGER: 'A flow of the org failed on the record.',
  TXN_SECURITY_METERING_ERROR: 'A transaction security policy of the org took too long, or failed.',
  unknown_error: 'The token endpoint failed.',
  UNABLE_TO_LOCK_ROW:
    'Somebody else was writing the record, its account, its campaign or its owner. One lock can fail a whole batch.',
  REQUEST_RUNNING_TOO_LONG:
    'The call took longer than it may, mostly in Apex and flows of the org.',
  TOO_MANY_APEX_REQUESTS: 'Too much Apex runs in the org just now.',
  REQUEST_LIMIT_EXCEEDED: 'A limit of the org on calls is reached.',
  SERVER_UNAVAILABLE: 'Salesforce, or its login, is too busy or in maintenance.',
  INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE:
    'The org is read-only during maintenance. Reads still work.',
  API_CURRENTLY_DISABLED: 'Salesforce has switched the API off for a while.',
  API_DISABLED_FOR_ORG: 'The edition of the org has no API, or the user may not use it.',
  ORG_LOCKED: 'The org is locked, its trial is over, or it has moved to another instance.',
  INVALID_SESSION_ID: 'The session has expired, or was ended or revoked.',
  INVALID_AUTH_HEADER: 'The access token has not the form of one.',
  INVALID_LOGIN:
    'User name, password, token or grant are wrong, expired, revoked or locked, or a second factor is wanted.',
  LOGIN_DURING_RESTRICTED_DOMAIN: 'The user may not log in from this address, or not at this hour.',
  inactive_user: 'The user of the session is inactive or frozen.',
  inactive_org: 'The org is closed, locked or suspended.',
  rate_limit_exceeded: 'Too many logins of this user in an hour.',
  invalid_client: 'The connected app is unknown, or does not allow this way to log in.',
  CLIENT_NOT_ACCESSIBLE_FOR_USER:
    'The connected app is not for this user, or asks for a certificate or an update.',
  TXN_SECURITY_END_A_SESSION:
    'A policy of the org ended the session, asks for a second factor, or keeps this kind of user out.',
  ENTITY_IS_DELETED: 'The record is in the recycle bin, or was merged into another.',
  INVALID_CROSS_REFERENCE_KEY:
    'An id in the record names nothing: deleted for good, of another org, or of another object.',
  CANNOT_UPDATE_CONVERTED_LEAD: 'The Lead was converted and takes no change any more.',
  NOT_FOUND: 'There is no such record, or the session may not see it.',
  INVALID_ID_FIELD: 'The id has the right form and names nothing, or a record of another object.',
  ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE: 'Somebody changed the record since it was read.',
  DUPLICATES_DETECTED: 'A duplicate rule of the org takes the record for a double.',
  DUPLICATE_VALUE: 'A field of the record must be unique, and another record has its value.',
  DUPLICATE_EXTERNAL_ID: 'The key field is not unique, and several records have this key.',
  REQUIRED_FIELD_MISSING:
    'A required field is empty. On updates too, and for fields that were not sent. If it hits many, the field was made required of late.',
  STRING_TOO_LONG: 'The value is longer than the field.',
  INVALID_EMAIL_ADDRESS: 'Salesforce does not take the value for an e-mail address.',
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:
    'The value is not in the picklist, which takes no other.',
  FIELD_CUSTOM_VALIDATION_EXCEPTION:
    'A validation rule or a trigger of the org refused the record.',
  FIELD_FILTER_VALIDATION_EXCEPTION: 'A lookup points to a record that its filter shuts out.',
  FIELD_INTEGRITY_EXCEPTION:
    'A value is out of range, of the wrong type, or does not go with the other fields, as a state that is not of its country.',
  MALFORMED_ID: 'A value is no id, or the id of a record of the wrong object.',
  INSUFFICIENT_ACCESS_OR_READONLY:
    'Sharing, ownership or permissions keep the session from writing the record.',
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY:
    'The session may not see, or not use, a record that this one points to.',
  INACTIVE_OWNER_OR_USER: 'The owner is inactive, or of a kind that cannot own the record.',
  ENTITY_IS_LOCKED: 'The record is in an approval process, locked, or archived.',
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: 'A trigger of the org failed on the record.',
  SELF_REFERENCE_FROM_TRIGGER: 'Apex or a flow of the org failed on the record.',
  CIRCULAR_DEPENDENCY: 'A rule of Salesforce forbids the change, whoever makes it.',
  EMAIL_OPTED_OUT:
    'The automation of the org wrote to somebody who opted out, or whose mail bounced.',
  DELETE_FAILED: 'Something in the org tried to delete, restore or merge a record and could not.',
  INVALID_FIELD: 'There is no such field on the object, or the session may not see it.',
  INVALID_FIELD_FOR_INSERT_UPDATE: 'The session may see the field, and not write it.',
  INVALID_TYPE: 'There is no such object, or the session may not do this with it.',
  UNAVAILABLE_RECORDTYPE_EXCEPTION: 'The user has no record type of the object by default.',
  INVALID_ASSIGNMENT_RULE: 'The assignment rule is not there, or inactive.',
  TOO_MANY_ENUM_VALUE:
    'The picklist is full: each new value of an open picklist takes a place in it.',
  FUNCTIONALITY_NOT_ENABLED: 'The org lacks a feature, a package, a licence or a key.',
  STORAGE_LIMIT_EXCEEDED:
    'Storage, licences or jobs of the org are used up. Updates may still work.',
  TXN_SECURITY_NO_ACCESS: 'A transaction security policy of the org forbids what was asked.',
  UNSUPPORTED_API_VERSION: 'The org does not serve this version of the API.',
  MALFORMED_QUERY: 'A query is malformed, or more than Salesforce takes.',
  EXCEEDED_ID_LIMIT: 'A call carries more than it may.',
  METHOD_NOT_ALLOWED: 'A call is not of the form that Salesforce takes.',
  InvalidJob: 'A bulk job is not there, or not in a state for this.',
  JSON_PARSER_ERROR:
    'The body cannot be read, mostly for one value of the wrong type, as text in a date.',
  EXCEEDED_MAX_SIZE_REQUEST: 'The call is too large.',
  APEX_ERROR: 'Apex of the org failed on a call.',
  INVALID_INPUT: 'Salesforce cannot make sense of something in the call.',
}

/** What messages tell meanings of one code apart by, and why Salesforce says so. By the source of the pattern. */
export const textWords: Readonly<Record<string, readonly [says: string, cause: string]>> = {
  'UNABLE_TO_LOCK_ROW|unable to obtain exclusive access': [
    'UNABLE_TO_LOCK_ROW or unable to obtain exclusive access',
    'Apex, a flow or a process of the org met a lock.',
  ],
  'too many (?:SOQL queries|query rows|DML statements|DML rows)|CPU time limit exceeded|heap size too large':
    [
      'Too many SOQL queries, query rows, DML statements or DML rows; CPU time limit exceeded; heap size too large',
      'The automation of the org used up its limits, which count for all records of a batch together.',
    ],
  'too many (?:retries of batch save|batch retries)': [
    'Too many batch retries or Too many retries of batch save',
    'Records of the batch kept failing beside triggers, and Salesforce gave up all of it after three passes.',
  ],
  TotalRequests: ['TotalRequests', 'The API calls of the last 24 hours are used up.'],
  'ConcurrentPerOrgLongTxn|ConcurrentRequests|Concurrent': [
    'ConcurrentPerOrgLongTxn or ConcurrentRequests',
    'Too many calls that take longer than 20 seconds run at once: 25 in production, 5 in trials and Developer Edition.',
  ],
  'disabled for this user': ['disabled for this User', 'The user may not use the API.'],
  'not valid for use with the REST API': [
    'not valid for use with the REST API',
    'The app, or the way it logged in, is not meant for the REST API. No refresh helps.',
  ],
  'external id field does not exist|requested resource does not exist': [
    'external ID field does not exist or The requested resource does not exist',
    'The object, its key field or the version of the API is not there, or not for this session.',
  ],
  'duplicate external id specified|external id already exists': [
    'Duplicate external id specified or external id already exists',
    'One key came twice at once. The second finds the record when it is sent again.',
  ],
  'entity type cannot be': [
    'entity type cannot be inserted',
    'The session may not write this object.',
  ],
  'INVALID_SESSION_ID|session expired': [
    'INVALID_SESSION_ID or session expired',
    'A trigger of the org called out with a session of its own. Ours is well.',
  ],
  'execution of': ['execution of', 'A trigger of the org failed on the record.'],
  permission: ['permission', 'The session may not write this object or field.'],
}

/** Why an answer has this status and no code of Salesforce's, by the first status of a row. */
export const statusCauses: Readonly<Record<number, string>> = {
  300: 'A key names several records.',
  301: 'The instance has moved, or a login page or a proxy answers. The token is not sent there.',
  401: 'Whatever answered does not accept the token.',
  404: 'Whatever answered does not know the path, or the method.',
  407: 'A proxy wants a login.',
  408: 'The server waited too long for the call.',
  409: 'The call is at odds with another one.',
  410: 'The version of the API is gone.',
  412: 'A precondition of the call does not hold any more.',
  413: 'The call, or its address, is too long for something on the way.',
  415: 'The form of the body is not taken.',
  420: 'The edge of Salesforce finds no way to the org: it is moving, asleep or gone.',
  428: 'The call must be conditional.',
  429: 'Too many calls at once.',
  431: 'The headers are too long.',
  400: 'A proxy or a firewall dislikes the call, perhaps for a value in it.',
  503: 'Salesforce is in maintenance or too busy, and may say so in HTML.',
  500: 'A server or a gateway failed. Whether the call was carried out is often unknown.',
}

/** Codes of features that prospect-sync does not use, all of them of the enumerations of Salesforce's WSDL. */
export const foreignCodes: readonly string[] = `
ADAPTER_ERROR ADAPTER_VALIDATION_EXCEPTION ALREADY_REDEEMED_VOUCHER APEX_REST_SERVICES_DISABLED ASSIGNEE_TYPE_REQUIRED
ASYNC_OPERATION_LOCATOR ASYNC_QUERY_UNSUPPORTED_QUERY AURA_COMPILE_ERROR AUTH_PROVIDER_NEEDS_AUTH
AUTH_PROVIDER_NOT_FOUND B2B_SEARCH_ADMIN_ERROR BAD_CUSTOM_ENTITY_PARENT_DOMAIN
BCC_NOT_ALLOWED_IF_BCC_COMPLIANCE_ENABLED BIG_OBJECT_UNSUPPORTED_OPERATION CANNOT_CASCADE_PRODUCT_ACTIVE
CANNOT_CHANGE_FIELD_TYPE_OF_APEX_REFERENCED_FIELD CANNOT_CHANGE_FIELD_TYPE_OF_REFERENCED_FIELD
CANNOT_CREATE_ANOTHER_MANAGED_PACKAGE CANNOT_DEACTIVATE_DIVISION CANNOT_DELETE_GLOBAL_ACTION_LIST
CANNOT_DELETE_LAST_DATED_CONVERSION_RATE CANNOT_DELETE_MANAGED_OBJECT CANNOT_DISABLE_LAST_ADMIN
CANNOT_ENABLE_IP_RESTRICT_REQUESTS CANNOT_FREEZE_SELF CANNOT_MODIFY_MANAGED_OBJECT CANNOT_PASSWORD_LOCKOUT
CANNOT_POST_TO_ARCHIVED_GROUP CANNOT_RENAME_APEX_REFERENCED_FIELD CANNOT_RENAME_APEX_REFERENCED_OBJECT
CANNOT_RENAME_REFERENCED_FIELD CANNOT_RENAME_REFERENCED_OBJECT CANT_ADD_STANDADRD_PORTAL_USER_TO_TERRITORY
CANT_ADD_STANDARD_PORTAL_USER_TO_TERRITORY CANT_DISABLE_CORP_CURRENCY CANT_UNSET_CORP_CURRENCY CATEGORY_NOT_FOUND
CHILD_SHARE_FAILS_PARENT CLEAN_SERVICE_ERROR CLONE_FIELD_INTEGRITY_EXCEPTION CLONE_NOT_SUPPORTED
CMS_FOLDER_ITEM_MOVE_FAILED COMMERCIAL_CONTROL_ERROR COMMUNITY_NOT_ACCESSIBLE CONFLICTING_ENVIRONMENT_HUB_MEMBER
CONFLICTING_SSO_USER_MAPPING CONTENT_ALREADY_AN_ASSET_EXCEPTION CONTENT_CUSTOM_DOWNLOAD_EXCEPTION
CONTENT_HUB_AUTHENTICATION_EXCEPTION CONTENT_HUB_FILE_DOWNLOAD_EXCEPTION CONTENT_HUB_FILE_HAS_NO_URL_EXCEPTION
CONTENT_HUB_FILE_NOT_FOUND_EXCEPTION CONTENT_HUB_INVALID_OBJECT_TYPE_EXCEPTION
CONTENT_HUB_INVALID_PAGE_NUMBER_EXCEPTION CONTENT_HUB_INVALID_PAYLOAD
CONTENT_HUB_INVALID_RENDITION_PAGE_NUMBER_EXCEPTION CONTENT_HUB_ITEM_TYPE_NOT_FOUND_EXCEPTION
CONTENT_HUB_OBJECT_NOT_FOUND_EXCEPTION CONTENT_HUB_OPERATION_NOT_SUPPORTED_EXCEPTION CONTENT_HUB_SECURITY_EXCEPTION
CONTENT_HUB_TIMEOUT_EXCEPTION CONTENT_HUB_UNEXPECTED_EXCEPTION CONTENT_IMAGE_SCALING_INVALID_ARGUMENTS_EXCEPTION
CONTENT_IMAGE_SCALING_INVALID_IMAGE_EXCEPTION CONTENT_IMAGE_SCALING_MAX_RENDITIONS_EXCEPTION
CONTENT_IMAGE_SCALING_TIMEOUT_EXCEPTION CONTENT_IMAGE_SCALING_UNKNOWN_EXCEPTION CONTENT_TYPE_NOT_FOUND
CUSTOM_CLOB_FIELD_LIMIT_EXCEEDED CUSTOM_ENTITY_OR_FIELD_LIMIT CUSTOM_FIELD_INDEX_LIMIT_EXCEEDED CUSTOM_INDEX_EXISTS
CUSTOM_LINK_LIMIT_EXCEEDED CUSTOM_METADATA_LIMIT_EXCEEDED CUSTOM_METADATA_REL_FIELD_MANAGEABILITY
CUSTOM_SETTINGS_LIMIT_EXCEEDED CUSTOM_TAB_LIMIT_EXCEEDED DATAASSESSMENT_CONFIG_ASSESSMENT_IN_PROGRESS_ERROR
DATAASSESSMENT_CONFIG_SERVICE_ERROR DATACLOUDADDRESS_NO_RECORDS_FOUND DATACLOUDADDRESS_PROCESSING_ERROR
DATACLOUDADDRESS_SERVER_ERROR DATACLOUD_API_CLIENT_EXCEPTION DATACLOUD_API_DISABLED_EXCEPTION
DATACLOUD_API_INVALID_QUERY_EXCEPTION DATACLOUD_API_SERVER_BUSY_EXCEPTION DATACLOUD_API_SERVER_EXCEPTION
DATACLOUD_API_TIMEOUT_EXCEPTION DATACLOUD_API_UNAVAILABLE DATA_INTEGRATION_INPUT_ERROR DATA_INTEGRATION_NOT_FOUND
DATA_INTEGRATION_NO_ACCESS DATA_INTEGRATION_PACKAGE_ERROR DATA_INTEGRATION_SERVER_ERROR
DATA_INTEGRATION_VENDOR_SETUP_ERROR DEPENDENCY_API_UNSUPPORTED_EXCEPTION DUPLICATE_CASE_SOLUTION
DUPLICATE_COMM_NICKNAME DUPLICATE_CUSTOM_ENTITY_DEFINITION DUPLICATE_CUSTOM_TAB_MOTIF DUPLICATE_DEVELOPER_NAME
DUPLICATE_MASTER_LABEL DUPLICATE_SENDER_DISPLAY_NAME DUPLICATE_USERNAME EMAIL_BATCH_SIZE_LIMIT_EXCEEDED
EMAIL_EXTERNAL_TRANSPORT_CONNECTION_ERROR EMAIL_EXTERNAL_TRANSPORT_PERMISSION_ERROR
EMAIL_EXTERNAL_TRANSPORT_TOKEN_ERROR EMAIL_EXTERNAL_TRANSPORT_TOO_MANY_REQUESTS_ERROR
EMAIL_EXTERNAL_TRANSPORT_UNKNOWN_ERROR EMAIL_NOT_PROCESSED_DUE_TO_PRIOR_ERROR EMAIL_TEMPLATE_FORMULA_ERROR
EMAIL_TEMPLATE_MERGEFIELD_ACCESS_ERROR EMAIL_TEMPLATE_MERGEFIELD_ERROR EMAIL_TEMPLATE_MERGEFIELD_VALUE_ERROR
EMAIL_TEMPLATE_PROCESSING_ERROR EMAIL_TO_CASE_INVALID_ROUTING EMAIL_TO_CASE_LIMIT_EXCEEDED EMAIL_TO_CASE_NOT_ENABLED
EMPTY_SCONTROL_FILE_NAME ENHANCED_EMAIL_TEMPLATE_COMPILATION_ERROR ENVIRONMENT_HUB_MEMBERSHIP_CONFLICT
ENVIRONMENT_HUB_MEMBERSHIP_ERROR_JOINING_HUB ENVIRONMENT_HUB_MEMBERSHIP_USER_ALREADY_IN_HUB
ENVIRONMENT_HUB_MEMBERSHIP_USER_NOT_ORG_ADMIN ERROR_CALCULATING_EXPIRY_DATE ERROR_IN_MAILER
EXCEEDED_LEAD_CONVERT_LIMIT EXCHANGE_WEB_SERVICES_URL_INVALID EXTERNAL_OBJECT_AUTHENTICATION_EXCEPTION
EXTERNAL_OBJECT_CONNECTION_EXCEPTION EXTERNAL_OBJECT_EXCEPTION EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION
EXTERNAL_RESOURCE_FORBIDDEN EXTERNAL_SERVICE_AUTHENTICATION_EXCEPTION EXTERNAL_SERVICE_CONNECTION_EXCEPTION
EXTERNAL_SERVICE_DATA_EXCEPTION EXTERNAL_SERVICE_EXCEPTION EXTERNAL_SERVICE_INVALID_STATE_EXCEPTION
EXTERNAL_SERVICE_UNSUPPORTED_EXCEPTION FEDERATED_SEARCH_ERROR FEED_NOT_ENABLED_FOR_OBJECT
FIELD_KEYWORD_LIST_MATCH_LIMIT FIELD_MODERATION_RULE_BLOCK FILE_EXTENSION_NOT_ALLOWED FILE_SIZE_LIMIT_EXCEEDED
FILTERED_LOOKUP_LIMIT_EXCEEDED FIND_DUPLICATES_ERROR GMAIL_ROUTING_CREATION_NOT_ALLOWED HAS_PUBLIC_REFERENCES
HTML_FILE_UPLOAD_NOT_ALLOWED IAS_AM_AUTH_BAD_REQUEST IAS_AM_AUTH_UNAUTHORIZED IAS_INVALID_AUTH
IAS_INVALID_REQUEST_PARAMETER IAS_RECORD_DOES_NOT_EXIST IAS_TENANT_NOT_PROVISIONED ILLEGAL_QUERY_PARAMETER_VALUE
IMAGE_TOO_LARGE INACTIVE_RULE_ERROR INDEX_NOT_FOUND INSTALL_KEY_INVALID INSTALL_KEY_REQUIRED
INSUFFICIENT_ACCESS_APEX_METADATA_DEPLOY INSUFFICIENT_ACCESS_TO_INSIGHTSEXTERNALDATA INSUFFICIENT_BALANCE
INSUFFICIENT_CREDITS INTEGRATION_CANCELLED INTERNAL_CANVAS_ERROR INVALID_ACCESS_LEVEL INVALID_ACCESS_TOKEN
INVALID_ASSIGNEE_TYPE INVALID_BATCH_OPERATION INVALID_CREDIT_CARD_INFO INVALID_CURRENCY_CONV_RATE
INVALID_CURRENCY_CORP_RATE INVALID_DATASET_REFERENCE_INPUT INVALID_DATA_CATEGORY_GROUP_REFERENCE INVALID_DATA_URI
INVALID_EMPTY_KEY_OWNER INVALID_ENTITY_FOR_MATCH_ENGINE_ERROR INVALID_ENTITY_FOR_MATCH_OPERATION_ERROR
INVALID_ENVIRONMENT_HUB_MEMBER INVALID_EVENT_DELIVERY INVALID_EVENT_INPUT INVALID_EVENT_SUBSCRIPTION
INVALID_EXTENSION_ID INVALID_FIELD_WHEN_USING_TEMPLATE INVALID_FILTER_ACTION INVALID_FILTER_LANGUAGE
INVALID_FILTER_VALUE INVALID_GOOGLE_DOCS_URL INVALID_INET_ADDRESS INVALID_KEY_FIELD_INPUT INVALID_LINEITEM_CLONE_STATE
INVALID_LOCALE_LANGUAGE INVALID_MARKUP INVALID_MASTER_OR_TRANSLATED_SOLUTION INVALID_MESSAGE_ID_REFERENCE
INVALID_NAMESPACE_PREFIX INVALID_NEW_PASSWORD INVALID_OAUTH_URL INVALID_OLD_PASSWORD INVALID_OPERATOR
INVALID_PACKAGE_LICENSE INVALID_PACKAGE_VERSION INVALID_PAGING_OPTION INVALID_PARTNER_NETWORK_STATUS
INVALID_PAYLOAD_VERSION INVALID_PROVIDER_TYPE INVALID_REFRESH_TOKEN INVALID_REQUEST_STATE INVALID_RUNTIME_VALUE
INVALID_SAVE_AS_ACTIVITY_FLAG INVALID_SCS_INBOUND_USER INVALID_SEARCH INVALID_SEARCH_SCOPE INVALID_SETUP_OWNER
INVALID_SIGNUP_COUNTRY INVALID_SIGNUP_OPTION INVALID_SITE_DELETE_EXCEPTION INVALID_SITE_FILE_IMPORTED_EXCEPTION
INVALID_SITE_FILE_TYPE_EXCEPTION INVALID_SORT_OPTION INVALID_SOURCE_OBJECT_ID INVALID_SUBDOMAIN
IP_RANGE_LIMIT_EXCEEDED ITEM_NOT_FOUND JIGSAW_ACTION_DISABLED JIGSAW_IMPORT_LIMIT_EXCEEDED
JIGSAW_REQUEST_NOT_SUPPORTED LICENSING_DATA_ERROR LICENSING_UNKNOWN_ERROR LIGHT_PORTAL_USER_EXCEPTION
LIST_PRICE_NOT_FOUND MANAGER_NOT_DEFINED MASSMAIL_RETRY_LIMIT_EXCEEDED MASS_MAIL_LIMIT_EXCEEDED MATCH_DEFINITION_ERROR
MATCH_OPERATION_ERROR MATCH_OPERATION_INVALID_ENGINE_ERROR MATCH_OPERATION_INVALID_RULE_ERROR
MATCH_OPERATION_MISSING_ENGINE_ERROR MATCH_OPERATION_MISSING_OBJECT_TYPE_ERROR MATCH_OPERATION_MISSING_OPTIONS_ERROR
MATCH_OPERATION_MISSING_RULE_ERROR MATCH_OPERATION_UNKNOWN_RULE_ERROR MATCH_OPERATION_UNSUPPORTED_VERSION_ERROR
MATCH_RUNTIME_ERROR MATCH_SERVICE_ERROR MATCH_SERVICE_TIMED_OUT MATCH_SERVICE_UNAVAILABLE_ERROR
MAXIMUM_CCEMAILS_EXCEEDED MAXIMUM_DASHBOARD_COMPONENTS_EXCEEDED MAXIMUM_HIERARCHY_CHILDREN_REACHED
MAXIMUM_HIERARCHY_LEVELS_REACHED MAXIMUM_HIERARCHY_TREE_SIZE_REACHED MAXIMUM_SIZE_OF_ATTACHMENT
MAXIMUM_SIZE_OF_DOCUMENT MAX_ACTIONS_PER_RULE_EXCEEDED MAX_ACTIVE_RULES_EXCEEDED MAX_APPROVAL_STEPS_EXCEEDED
MAX_FORMULAS_PER_RULE_EXCEEDED MAX_RULES_EXCEEDED MAX_RULE_ENTRIES_EXCEEDED MAX_TM_RULES_EXCEEDED
MAX_TM_RULE_ITEMS_EXCEEDED MAX_TRIGGERS_EXCEEDED METADATA_FIELD_UPDATE_ERROR MULTIPLE_VOUCHERS
NONUNIQUE_SHIPPING_ADDRESS NO_ACCESS_TOKEN NO_ACCESS_TOKEN_FROM_REFRESH NO_ACTIVE_DUPLICATE_RULE NO_APPLICABLE_PROCESS
NO_ATTACHMENT_PERMISSION NO_AUTH_PROVIDER NO_INACTIVE_DIVISION_MEMBERS NO_MASS_MAIL_PERMISSION NO_PARTNER_PERMISSION
NO_RECIPIENTS NO_REFRESH_TOKEN NO_SOFTPHONE_LAYOUT NO_SUCH_USER_EXISTS NO_TOKEN_ENDPOINT
NUM_HISTORY_FIELDS_BY_SOBJECT_EXCEEDED OPTED_OUT_OF_MASS_MAIL ORCHESTRATION_INVALID
ORDER_MANAGEMENT_ACTION_NOT_ALLOWED ORDER_MANAGEMENT_RECORD_EXISTS ORDER_MANAGEMENT_RECORD_NOT_FOUND
PACKAGING_API_INSTALL_FAILED PACKAGING_API_UNINSTALL_FAILED PALI_INVALID_ACTION_ID PALI_INVALID_ACTION_NAME
PALI_INVALID_ACTION_TYPE PAL_INVALID_ASSISTANT_RECOMMENDATION_TYPE_ID PAL_INVALID_ENTITY_ID PAL_INVALID_FLEXIPAGE_ID
PAL_INVALID_LAYOUT_ID PAL_INVALID_PARAMETERS PARTICIPANT_RELATIONSHIP_EXISTS PAYLOAD_SIZE_EXCEEDED PA_API_EXCEPTION
PA_AXIS_FAULT PA_INVALID_ID_EXCEPTION PA_NO_ACCESS_EXCEPTION PA_NO_DATA_FOUND_EXCEPTION PA_URI_SYNTAX_EXCEPTION
PA_VISIBLE_ACTIONS_FILTER_ORDERING_EXCEPTION PLATFORM_EVENT_ENCRYPTION_ERROR PLATFORM_EVENT_PUBLISHING_UNAVAILABLE
PLATFORM_EVENT_PUBLISH_FAILED PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT PORTAL_USER_CREATION_RESTRICTED_WITH_ENCRYPTION
PRICE_NOT_FOUND PRIVATE_CONTACT_ON_ASSET PRODUCT_NOT_FOUND QAT_HETEROGENOUS_CONTEXT_IDS QAT_INVALID_CONTEXT_ID
QAT_INVALID_QUICK_ACTION QA_INVALID_CREATE_FEED_ITEM QA_INVALID_SUCCESS_MESSAGE QUICK_ACTION_LIST_ITEM_NOT_ALLOWED
QUICK_ACTION_LIST_NOT_ALLOWED REPORT_EXPORT_LIMIT_EXCEEDED REPUTATION_MINIMUM_NUMBER_NOT_REACHED
REQUIRE_CONNECTED_APP_SCS REQUIRE_CONNECTED_APP_SESSION_SCS REQUIRE_RUNAS_USER RETRIEVE_EXCHANGE_ATTACHMENT_FAILED
RETRIEVE_EXCHANGE_EMAIL_FAILED RETRIEVE_EXCHANGE_EVENT_FAILED RETRIEVE_GOOGLE_EMAIL_FAILED
RETRIEVE_GOOGLE_EVENT_FAILED RETRIEVE_USER_CONFIG_ERROR SALESFORCE_INBOX_TRANSPORT_CONNECTION_ERROR
SALESFORCE_INBOX_TRANSPORT_INVALID_INPUT_ERROR SALESFORCE_INBOX_TRANSPORT_TOKEN_ERROR
SALESFORCE_INBOX_TRANSPORT_UNKNOWN_ERROR SERVICE_DESK_NOT_ENABLED SHARE_NEEDED_FOR_CHILD_OWNER
SINGLE_EMAIL_LIMIT_EXCEEDED SOCIALCRM_FEEDSERVICE_API_CLIENT_EXCEPTION SOCIALCRM_FEEDSERVICE_API_SERVER_EXCEPTION
SOCIALCRM_FEEDSERVICE_API_UNAVAILABLE SOCIAL_ACCOUNT_NOT_FOUND SOCIAL_ACTION_INVALID SOCIAL_PERSONA_NOT_FOUND
SOCIAL_POST_INVALID SOCIAL_POST_NOT_FOUND SPECIFICATION_GENERATION_EXCEPTION SST_ADMIN_FILE_DOWNLOAD_EXCEPTION
STANDARD_PRICE_NOT_DEFINED STATE_TRANSITION_NOT_ALLOWED SUBDOMAIN_IN_USE TABSET_LIMIT_EXCEEDED TEMPLATE_NOT_ACTIVE
TEMPLATE_NOT_FOUND TERMS_OF_SERVICE_UNREAD TOO_MANY_JOBS TOO_MANY_POSSIBLE_USERS_EXIST TOO_MANY_RECIPIENTS
UNAVAILABLE_REF UNDEFINED_MAPPING_DEFINITION UNKNOWN_ATTACHMENT_EXCEPTION UNKNOWN_ORG_SETTING UNKNOWN_TOKEN_ERROR
UNSPECIFIED_EMAIL_ADDRESS UNSUPPORTED_APEX_TRIGGER_OPERATON UNSUPPORTED_ATTACHMENT_ENCODING
UNSUPPORTED_SITE_FILE_IMPORTED_EXCEPTION UNSUPPORTED_SOCIAL_PROVIDER UNVERIFIED_SENDER_ADDRESS
UPDATE_GOOGLE_EMAIL_LABEL_FAILED USER_OWNS_PORTAL_ACCOUNT_EXCEPTION USER_WITH_APEX_SHARES_EXCEPTION VF_COMPILE_ERROR
WEBLINK_SIZE_LIMIT_EXCEEDED WEBLINK_URL_INVALID WEBSTORE_NOT_FOUND WRONG_CONTROLLER_TYPE
XCLEAN_DJ_MATCH_IGNORABLE_ERROR XCLEAN_DJ_MATCH_INTERNAL_DJ_ERROR XCLEAN_DJ_MATCH_NON_RETRIABLE_ERROR
XCLEAN_DJ_MATCH_RETRIABLE_ERROR XCLEAN_DJ_MATCH_UNKNOWN_ERROR XCLEAN_UNEXPECTED_ERROR
`
  .trim()
  .split(/\s+/)
