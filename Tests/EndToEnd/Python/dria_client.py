"""A client of Dria's protocol, written from the contract that README.md states."""

import base64

import requests
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _batch_type():
    """The message `BatchVec`, from a description made here: no generated code is needed."""
    file = descriptor_pb2.FileDescriptorProto(name="batch.proto", package="batch", syntax="proto3")
    value = file.message_type.add(name="MetadataValue")
    value.oneof_decl.add(name="value")
    for number, (name, kind) in enumerate(
        [("float_value", "FLOAT"), ("int_value", "INT64"), ("string_value", "STRING"), ("bool_value", "BOOL")], 1
    ):
        field = value.field.add(name=name, number=number, label=1, oneof_index=0)
        field.type = getattr(descriptor_pb2.FieldDescriptorProto, "TYPE_" + kind)
    vector = file.message_type.add(name="SingletonVec")
    vector.field.add(name="v", number=1, label=3, type=descriptor_pb2.FieldDescriptorProto.TYPE_FLOAT)
    entry = vector.nested_type.add(name="MapEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING)
    entry.field.add(
        name="value", number=2, label=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        type_name=".batch.MetadataValue",
    )
    vector.field.add(
        name="map", number=2, label=3, type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        type_name=".batch.SingletonVec.MapEntry",
    )
    batch = file.message_type.add(name="BatchVec")
    batch.field.add(
        name="s", number=1, label=3, type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        type_name=".batch.SingletonVec",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("batch.BatchVec"))


BatchVec = _batch_type()


class DriaError(Exception):
    def __init__(self, status, data):
        super().__init__(f"{status}: {data}")
        self.status = status
        self.data = data


class Connection:
    def __init__(self, url, key=None):
        self.url = url.rstrip("/")
        self.session = requests.Session()
        if key:
            self.session.headers["x-api-key"] = key

    def call(self, method, path, **arguments):
        answer = self.session.request(method, self.url + path, timeout=60, **arguments)
        body = answer.json()
        assert set(body) == {"success", "code", "data"}, body
        assert body["code"] == answer.status_code, (body, answer.status_code)
        assert body["success"] == (answer.status_code == 200), body
        if answer.status_code != 200:
            assert isinstance(body["data"], str), body
            raise DriaError(answer.status_code, body["data"])
        return body["data"]

    def post(self, path, body):
        return self.call("POST", path, json=body)

    def get(self, path, **query):
        return self.call("GET", path, params=query)


class Dria(Connection):
    """The hosted form: every call names a contract."""

    contract = None

    def create(self, name, embedding, category, description):
        body = {"name": name, "embedding": embedding, "category": category, "description": description}
        self.contract = self.post("/v1/knowledge/index/create", body)["contract_id"]
        return self.contract

    def search(self, query, top_n=10, level=2, rerank=True, **more):
        body = {"query": query, "contract_id": self.contract, "top_n": top_n, "level": level, "rerank": rerank, **more}
        return self.post("/hnsw/search", body)

    def query(self, vector, top_n=10, level=2):
        return self.post(
            "/hnsw/query", {"vector": vector, "contract_id": self.contract, "top_n": top_n, "level": level}
        )

    def fetch(self, ids):
        return self.post("/hnsw/fetch", {"id": ids, "contract_id": self.contract})

    def entry_count(self):
        return self.post("/hnsw/entry_count", {"contract_id": self.contract})["entry_count"]

    def insert_vector(self, vectors, metadata):
        batch = BatchVec()
        for numbers, fields in zip(vectors, metadata):
            item = batch.s.add()
            item.v.extend(numbers)
            for name, value in fields.items():
                kind = {bool: "bool_value", int: "int_value", float: "float_value", str: "string_value"}[type(value)]
                setattr(item.map[name], kind, value)
        body = {
            "data": base64.b64encode(batch.SerializeToString()).decode(), "batch_size": len(batch.s),
            "contract_id": self.contract, "write_blockchain": False, "model": None,
        }
        return self.post("/hnswt/insert_vector", body)

    def insert_text(self, texts):
        return self.post("/hnswt/insert_text", {"data": texts, "contract_id": self.contract})

    def update(self, **changes):
        return self.post("/v1/knowledge/index/update", {"contract_id": self.contract, **changes})

    def remove(self):
        return self.post("/v1/knowledge/remove", {"contract_id": self.contract})

    def get_model(self):
        return self.get("/v1/knowledge/index/get_model", contract_id=self.contract)["model"]

    def list(self):
        return self.get("/v1/knowledge/list")["contracts"]

    def get_knowledge_base(self):
        return self.get("/v1/knowledge/get_knowledge_base", contract_id=self.contract)


class DriaLocal(Connection):
    """The local form: no contract; the server's default collection."""

    def health(self):
        return self.get("/health")

    def query(self, vector, top_n=10, level=2, **more):
        return self.post("/query", {"vector": vector, "top_n": top_n, "level": level, **more})

    def fetch(self, ids):
        return self.post("/fetch", {"id": ids})

    def insert_vector(self, body):
        return self.post("/insert_vector", body)
