"""The shape of a mapping file for editors: pydantic models, from which `mapping.schema.json` is made.

Loading does not use them: its checks know the language (what a path may name, which words a status has), say how to
mend a mistake, and cost nothing to import. A test holds both to the same shape: whatever loads fits these models.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from workbench.mapping.auth_models import Auth, Cache, PartOfAuth, Rate, Retries, Tls
from workbench.mapping.shapes import Count, Reference, Seconds, Shape, Text, absent
from workbench.mapping.sight import LEVELS

PathText = Annotated[
    str, Field(pattern=r"^([A-Za-z_]\w*:)?(\$|@|\^+)", examples=["@.number", "^.id", "$.data", "parcels:$.code"])
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]
Semver = Annotated[str, Field(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$", examples=["1.2.0"])]
Number = int | float


class Word(RootModel[str | bool | Number]):
    """A text, a truth value or a number; a text may be a path or {input} where conditions take one."""


class Words(RootModel[Word | list[Word]]):
    """A word, or several of which one fits."""


Levels = Annotated[list[PathText], Field(min_length=1, max_length=LEVELS)]


class FirstPlace(Shape):
    """The first place that has an item."""

    first: list[PathText | Levels] = Field(min_length=1)


class Place(RootModel[PathText | Levels | FirstPlace]):
    """A path, paths level by level, or the first of several places that has an item."""


# ---------------------------------------------------------------- conditions


class Comparison(Shape):
    """What must be true of a value; all keys must hold."""

    is_: Literal["present", "absent", "missing", "null", "empty"] | None = absent(alias="is")
    not_: Words = absent("None of its values is.", alias="not")
    over: Words = absent()
    under: Words = absent()
    at_least: Words = absent()
    at_most: Words = absent()
    within: str = absent("Not longer ago, or ahead, than this.", examples=["90d", "12h"])
    older_than: str = absent("Longer ago than this.", examples=["90d", "12h"])
    value: Words = absent("A word, even where it looks like a path.")


class Check(Comparison):
    """What must be true of an order that was found."""

    equals: Words = absent()
    ignore_prefix: str | list[str] = absent("Texts that may stand in front on either side.")
    leading_zeros: Literal["ignore"] = absent()


class Conditions(RootModel[Annotated[dict[str, Words | Comparison], Field(min_length=1)]]):
    """All lines must hold: a path or business field on the left; a word, {input}, path, list or comparison."""


class Waived(Shape):
    """Orders are not checked; loads only where the deployment allows it."""

    waived: Text


# ---------------------------------------------------------------- rules


class Case(Shape):
    """One case: the first that holds says the word."""

    when: Conditions = absent()
    then: Word | None = Field(description="A word of ours, a path, or null for none.")


class Amount(Shape):
    """How a text or number becomes a decimal."""

    minor_units: Literal[True] | Annotated[int, Field(ge=0, le=9)] | PathText = absent(
        "true: by the record's currency; a number of digits; or the path of one."
    )
    comma: bool = absent("true: a comma is the decimal sign; false: it groups thousands.")


class Moment(Shape):
    """How a text or number becomes a time."""

    format: str | list[str] = absent("Patterns of strptime; without hours it makes a date.")
    time: PathText = absent("The time of day, where it stands apart.")
    timezone: str = absent("An IANA name, an offset, or the path of one.")
    epoch: Literal["s", "ms"] = absent("Reads a number since 1970.")


class RuleTable(Shape):
    """One source, and transforms in their fixed order."""

    path: PathText = absent("Source: the values at the path.")
    first: list[Rule] = absent("Source: the first rule that yields a value.", min_length=1)
    join: list[Rule] = absent("Source: one text, missing parts left out.", min_length=1)
    cases: list[Case] = absent("Source: the first case that holds.", min_length=1)
    value: Word = absent("Source: a constant.")
    at: PathText = absent("First go there, then take the rule.")
    null_when: Words = absent("These words are no value.")
    regex: str = absent("The first group, or the whole, of every match (RE2).")
    function: str = absent("A Python function of the entry point group workbench.functions.")
    lookup: Annotated[dict[str, Word | None], Field(min_length=1)] = absent("Their words and ours.")
    otherwise: Word | None = absent("For words that the lookup does not know; silences the report.")
    decimal: Amount = absent()
    datetime: Moment | str | list[str] = absent()
    separator: str = absent("Between the parts of join; a blank unless said.")
    note: Text = absent()


class Rule(RootModel[PathText | RuleTable]):
    """A path, or a table with one source and any transforms."""


class Related(Shape):
    """Items found for each item of a block, called NAME:$ in its rules."""

    each: Place
    keep: Conditions = absent("@ is the candidate, ^ the item it is sought for.")
    parse: Literal["json", "xml", "csv"] = absent()
    keyed: Literal[True] = absent()


class Items(Shape):
    """What a list of records may say of its items."""

    keep: Conditions = absent("Drops the items for which they do not hold.")
    keyed: Literal[True] = absent("The values of an object are the items, @~ their keys.")
    parse: Literal["json", "xml", "csv"] = absent("What is found is a text that holds a document.")
    with_: Annotated[dict[Name, Related], Field(min_length=1)] = absent("Related items, by name.", alias="with")
    note: Text = absent()


class ListBlock(Items):
    """A list: one record per item."""

    each: Place = Field(description="One item per node found.")
    group_by: PathText = absent("Rows of one value are one item; all rows are rows:$.")


class ObjectBlock(Items):
    """One object."""

    at: Place = absent("The first object found.")


class Orders(ListBlock):
    """Where one order stands."""

    use: Literal["order", "tracking", "refund", "outcome"] = absent("The record; order unless said.")


# ---------------------------------------------------------------- calls


class Pages(Shape):
    """How to get all pages."""

    kind: Literal["next_link", "link_header", "page", "offset", "cursor", "graphql", "range"]
    path: PathText = absent("Where the answer says what comes next, or the list that is counted.")
    header: Text = absent("Of kind cursor: the header of the answer that has it.")
    param: Text = absent()
    size: Count = absent()
    start: Annotated[int, Field(ge=0)] = absent()
    stop_when: Conditions = absent()
    max: Count = absent("Pages at most, 50 unless said; reaching it is a problem.")


class GraphQL(Shape):
    """A GraphQL query; values go by its variables."""

    document: Text
    variables: Annotated[dict[str, Any], Field(min_length=1)] = absent()


class Soap(Shape):
    """A SOAP request; body is what stands inside Body."""

    action: str = absent()
    version: str | Number = absent()
    body: Text


class PairValue(RootModel["Word | list[PairValue] | dict[str, PairValue] | None"]):
    """A value, several of one name, or nested names: {a: {b: 1}} is a[b]=1."""


Pairs = Annotated[dict[str, PairValue], Field(min_length=1)]
Headers = Annotated[dict[str, Words], Field(min_length=1)]


class Call(Shape):
    """One HTTP request; {email} is an input, {@.id} or {name:$.id} a path, ${NAME} a secret."""

    name: Name = absent("Its answer is name:$; the first is main unless it has a name.")
    get: Text = absent()
    post: Text = absent()
    put: Text = absent()
    patch: Text = absent()
    delete: Text = absent()
    query: Pairs = absent()
    headers: Headers = absent()
    json_: Any = absent(alias="json")
    form: Pairs = absent()
    xml: Text = absent()
    text: Text = absent()
    graphql: GraphQL = absent()
    soap: Soap = absent()
    reads: bool = absent("This POST only reads.")
    format: Literal["json", "ndjson", "csv", "form", "xml", "soap", "xmlrpc"] = absent()
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = absent()
    encoding: Text = absent()
    namespaces: Annotated[dict[str, Text], Field(min_length=1)] = absent()
    for_each: Literal["order"] | PathText = absent(
        "Made once for each order, or for each node at a path, of the order or of an earlier call; @ is that item."
    )
    limit: Count = absent("For how many orders, or nodes, it is made at most; the rest is told.")
    only_when: Conditions = absent()
    quotes: Literal["doubled", "backslash"] = absent(
        "How a quote inside quotes is written in a query inside its texts."
    )
    server: Name = absent("Which of the connection's servers it is sent to.")
    required: bool = absent("Its failure is the operation's.")
    not_found_when: Conditions = absent("http.status, http.header.NAME or a path of the answer.")
    fail_when: Conditions = absent()
    pages: Pages = absent()
    timeout_s: Seconds = absent()
    note: Text = absent()


class Operation(Shape):
    """A business capability, such as find_orders_by_email."""

    inputs: Annotated[list[Name], Field(min_length=1)] = absent()
    calls: Annotated[list[Call], Field(min_length=1)] = absent()
    orders: Orders = absent()
    verify: Waived | Annotated[dict[str, Words | Check], Field(min_length=1)] = absent()
    note: Text = absent()


# ---------------------------------------------------------------- the file


class Limits(Shape):
    """How large an answer may be; lowers what the deployment allows."""

    bytes: Count = absent()
    depth: Count = absent()
    nodes: Count = absent()


class Server(Shape):
    """A further server of the merchant's, for calls that say `server: NAME`."""

    base_url: Text = absent(examples=["https://parcels.shop.example/v1"])
    auth: Auth | PartOfAuth = absent("How it knows us; as the connection says, unless it says so itself.")
    headers: Headers = absent()
    query: Pairs = absent()
    note: Text = absent()


class Environment(Shape):
    """What overrides the connection in one environment."""

    base_url: Text = absent(examples=["https://api.shop.example/v2"])
    auth: Auth | PartOfAuth = absent()
    tls: Tls = absent("Which certificates count, and which one is ours.")
    headers: Headers = absent("Sent with every call, but where a call says them itself.")
    query: Pairs = absent("Parameters of every call, but where a call says them itself.")
    servers: Annotated[dict[Name, Server], Field(min_length=1)] = absent("Further servers, by name.")
    probe: Annotated[dict[str, Reference], Field(min_length=1)] = absent("A live order to verify with.")
    timezone: Text = absent()
    region: Text = absent()
    limits: Limits = absent()
    timeout_s: Seconds = absent()
    budget_s: Seconds = absent("Seconds that a whole lookup may take.")
    max_calls: Count = absent()
    rate: Rate = absent()
    retries: Retries = absent()
    cache: Cache = absent()
    note: Text = absent()


class Connection(Environment):
    """Where the merchant's API is."""

    auth: Auth = absent()
    environments: Annotated[dict[str, Environment], Field(min_length=1)] = absent()


class Expected(Shape):
    """When a field must have a value; orders without it are reported."""

    when: Conditions = absent()
    always: Literal[True] = absent()


class OwnField(Shape):
    """A merchant's own field, filled under extra."""

    label: Text = absent()
    kind: Literal["text", "texts", "decimal", "time"] = absent()
    meaning: Text = absent()
    note: Text = absent()


class Version(Shape):
    """What changed in a version."""

    version: Semver
    date: Text = absent()
    changes: Annotated[list[Text], Field(min_length=1)] = absent()
    step: Text = absent()
    reason: Text = absent()
    by: Text = absent()
    note: Text = absent()


class WaivedFinding(Shape):
    """A finding that does not keep the mapping from being exported."""

    finding: Text
    reason: Text
    by: Text = absent()
    date: Text = absent()
    note: Text = absent()


class Evidence(Shape):
    """Which samples the mapping was proved on."""

    samples: list[Any] = absent()
    fields_seen: dict[str, Any] = absent()
    confirmed: dict[str, Any] = absent("By field, how many orders match the back office.")
    note: Text = absent()


class MappingBase(Shape):
    """A mapping: where each business field stands in a merchant's responses, and how its value becomes ours."""

    format: Literal[1]
    merchant: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    version: Semver = absent()
    note: Text = absent()
    connection: Connection = absent()
    timezone: Text = absent("For times without an offset.", examples=["Europe/Berlin"])
    operations: dict[str, Operation]
    expect: Annotated[dict[str, Expected], Field(min_length=1)] = absent()
    fields: Annotated[dict[str, OwnField], Field(min_length=1)] = absent()
    history: list[Version] = absent()
    waived: list[WaivedFinding] = absent()
    evidence: Evidence = absent()
