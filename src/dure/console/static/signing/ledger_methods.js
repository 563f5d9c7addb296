// The ledger's own calls as an interface (dure.chain.system): their arguments by name and type, and which of them the
// person is warned of. A test compares every name and field with Python's.

const list = (fields) => Object.entries(fields).map(([name, type]) => ({ name, type }));
const method = (fields, danger = "") => ({ parameters: list(fields), kind: "call", danger });
const record = (name, fields) => ({ name, fields: list(fields) });

const RECORDS = [
  record("Permission", { contract: "Address", method: "str" }),
  record("Budget", { asset: "Asset", amount: "Amount" }),
  record("LibraryModule", { name: "str", text: "str" }),
  record("Source", { class_name: "str", text: "str", library: "list[LibraryModule]" }),
  record("RoleGrant", { role: "str", holder: "Address" }),
  record("AttestationStatement", { chain_id: "Hash", validator: "Hash", height: "int", block_id: "Hash", time: "Time" }),
  record("Attestation", { statement: "AttestationStatement", signature: "bytes" }),
  record("Attribute", { name: "str", value: "str" }),
  record("NewDevice", { name: "str", kind: "str", key: "Hash" }),
  record("Validator", { key: "Hash", organisation: "str" }),
  record("Parameters", {
    protocol_version: "int", block_bytes_max: "int", block_gas_max: "int", scheduled_gas_max: "int",
    transaction_bytes_max: "int", replay_window: "Duration", quota_gas: "int", quota_period: "Duration",
    open_deployment: "bool", open_enrolment: "bool", open_reading: "bool", heartbeat: "Duration",
  }),
];

const METHODS = {
  transfer: method({ asset: "Asset", target: "Address", amount: "Amount" }),
  enrol: method({ accounts: "list[Address]" }),
  set_policy: method({ policy: "Policy" }, "keys"),
  grant_session: method(
    { key: "Policy", permissions: "list[Permission]", budgets: "list[Budget]", gas: "int", expires: "Time" },
    "session"),
  withdraw_session: method({ key: "Policy" }),
  set_guardians: method({ guardians: "Address?", delay: "Duration" }, "guardians"),
  begin_recovery: method({ account: "Address", policy: "Policy" }, "recovery"),
  stop_recovery: method({ account: "Address" }),
  deploy: method({ source: "Source", owner: "Address", arguments: "bytes", roles: "list[RoleGrant]" }, "code"),
  upgrade: method({ contract: "Address", source: "Source", arguments: "bytes" }, "code"),
  stop: method({ contract: "Address", reason: "str" }, "stops"),
  start: method({ contract: "Address" }),
  grant: method({ contract: "Address", role: "str", holder: "Address" }, "rights"),
  revoke: method({ contract: "Address", role: "str", holder: "Address" }, "rights"),
  admit_organisation: method({ name: "str", account: "Address" }, "members"),
  expel_organisation: method({ name: "str", attestations: "list[Attestation]" }, "members"),
  rotate_organisation: method({ name: "str", policy: "Policy" }, "keys"),
  set_authorities: method({ authorities: "list[bytes]" }, "members"),
  set_attributes: method({ organisation: "str", attributes: "list[Attribute]" }),
  revoke_certificates: method({ serials: "list[bytes]", reason: "str" }, "members"),
  register_devices: method({ devices: "list[NewDevice]" }),
  remove_device: method({ device: "Address" }),
  give_role: method({ role: "str", holder: "Address" }, "rights"),
  take_role: method({ role: "str", holder: "Address" }, "rights"),
  set_validators: method({ members: "list[Validator]", from_height: "int", attestations: "list[Attestation]" }, "members"),
  withdraw_validators: method({}, "members"),
  set_parameters: method({ parameters: "Parameters" }, "members"),
  announce_version: method({ version: "int" }),
  activate_version: method({ version: "int", from_height: "int" }, "members"),
  advance: method({ to: "Time" }),
};

export const LEDGER_SHAPES = {
  name: "ledger",
  isLedger: true,
  methods: METHODS,
  records: Object.fromEntries(RECORDS.map((each) => [each.name, each])),
  choices: {},
  decimals: {},
  currencies: {},
};

// What a method may do that the person is warned of: the key of a text, `signing_danger_…`, or empty. Of a contract its
// methods' names say it: those of the library, and what is called like them.
const HANDOVER = /ownership|owner|guardian|successor/;
const RIGHTS = new Set(["grant_role", "revoke_role", "resign_role", "change_signatories", "change_issuing_key", "set_trust"]);

export function findDanger(called, name) {
  if (called.isLedger) return METHODS[name]?.danger ?? "";
  if (HANDOVER.test(name)) return "handover";
  if (RIGHTS.has(name)) return "rights";
  const takesAddress = called.shapes.methods[name].parameters.some((each) => each.type === "Address");
  return name.startsWith("approve") && takesAddress ? "spending" : "";
}
