"""A Hub for tests: an HTTP server that keeps repositories in memory, and speaks as much as `huggingface_hub` asks for."""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_of_the_tests"


class FakeHub:
    """Its repositories, and the address it is at while `running`.

    Attributes:
        repositories: By `USER/NAME`: whether it is `private`, its `branches` (names to commits) and `commits` (the files of
            each, by name; the newest last).
        fetched: The files that were asked for, in order.
        messages: The messages of all commits.
    """

    def __init__(self):
        self.repositories, self.fetched, self.messages, self.large = {}, [], [], {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def create(self, name, files, private=False):
        """A repository with one commit on `main`; gives that."""
        self.repositories[name] = {"private": private, "branches": {"main": None}, "commits": {}}
        return self.commit(name, "main", files)

    def commit(self, name, branch, files):
        repository = self.repositories[name]
        old = repository["commits"].get(repository["branches"][branch], {})
        number = hashlib.sha1(f"{name} {len(self.messages)} {len(repository['commits'])}".encode()).hexdigest()
        repository["commits"][number] = {**old, **files}
        repository["branches"][branch] = number
        return number

    def files(self, name, branch="main"):
        repository = self.repositories[name]
        return repository["commits"][repository["branches"][branch]]


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815, as http.server wants it

    def _answer(self):
        path, self.query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        for method, pattern, answer in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and self.command in method:
                if "POST" in method and not self._may_write():
                    return self._json(401, {"error": "Invalid username or password."})
                return answer(self, *map(unquote, found.groups()))
        return self._json(404, {"error": "no such page"})

    def _may_write(self):
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _json(self, status, content, **headers):
        self._send(status, json.dumps(content).encode(), **{"Content-Type": "application/json"}, **headers)

    def _send(self, status, content, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _found(self, name, revision):
        """The commit of a revision, or None after an answer that says what is missing."""
        repository = self.hub.repositories.get(name)
        if repository is None or (repository["private"] and not self._may_write()):
            self._json(401, {"error": "Repository not found"}, **{"X-Error-Code": "RepoNotFound"})
            return None
        commit = repository["branches"].get(revision, revision)
        if commit not in repository["commits"] and commit is not None:
            self._json(404, {"error": "Invalid rev id"}, **{"X-Error-Code": "RevisionNotFound"})
            return None
        return commit or ""

    # -- reading ---

    def _info(self, name, revision="main"):
        commit = self._found(name, revision)
        if commit is not None:
            files = [{"rfilename": file} for file in self.hub.repositories[name]["commits"].get(commit, {})]
            private = self.hub.repositories[name]["private"]
            self._json(200, {"id": name, "sha": commit or None, "siblings": files, "private": private, "tags": []})

    def _tree(self, name, revision):
        commit = self._found(name, revision)
        if commit is not None:
            files = self.hub.repositories[name]["commits"][commit]
            tree = [
                {"type": "file", "path": file, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for file, content in files.items()
            ]
            self._json(200, tree)

    def _file(self, name, revision, file):
        commit = self._found(name, revision)
        if commit is None:
            return
        content = self.hub.repositories[name]["commits"][commit].get(file)
        if content is None:
            self._json(404, {"error": "Entry not found"}, **{"X-Error-Code": "EntryNotFound"})
            return
        if self.command == "GET":
            self.hub.fetched.append(file)
        tag = f'"{hashlib.sha1(content).hexdigest()}"'
        self._send(200, content, **{"X-Repo-Commit": commit, "ETag": tag})

    # -- writing ---

    def _create(self):
        asked = json.loads(self.body)
        name = f"{asked.get('organization') or 'someone'}/{asked['name']}"
        if name in self.hub.repositories:
            return self._json(
                409, {"error": "You already created this model repo", "url": f"{self.hub.address}/{name}"}
            )
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.hub.repositories[name] = {"private": private, "branches": {"main": None}, "commits": {}}
        return self._json(200, {"url": f"{self.hub.address}/{name}"})

    def _branch(self, name, branch):
        branches = self.hub.repositories[name]["branches"]
        if branch in branches:
            return self._json(409, {"error": "Reference already exists"})
        branches[branch] = branches["main"]
        return self._json(200, {})

    def _checked_yaml(self):
        content = json.loads(self.body)["content"]
        good = content.startswith("---\n")
        self._json(200 if good else 400, {"errors": [] if good else [{"message": "no metadata"}], "warnings": []})

    def _preupload(self, name, branch):
        if self._found(name, branch) is not None:
            files = json.loads(self.body)["files"]
            modes = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".h5") else "regular",
                    "shouldIgnore": False,
                    "oid": None,
                }
                for file in files
            ]
            self._json(200, {"files": modes})

    def _batch(self, name):
        objects = [
            {**each, "actions": {"upload": {"href": f"{self.hub.address}/large/{each['oid']}"}}}
            for each in json.loads(self.body)["objects"]
        ]
        self._json(200, {"transfer": "basic", "objects": objects})

    def _large(self, oid):
        good = hashlib.sha256(self.body).hexdigest() == oid
        self.hub.large[oid] = self.body
        self._json(200 if good else 400, {})

    def _commit(self, name, branch):
        lines = [json.loads(line) for line in self.body.splitlines()]
        files = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.hub.messages.append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
        number = self.hub.commit(name, branch, files)
        url = f"{self.hub.address}/{name}/commit/{number}"
        self._json(200, {"commitUrl": url, "commitOid": number, "success": True})


_NAME = r"([^/]+/[^/]+)"
_ROUTES = [
    (("GET",), rf"/api/models/{_NAME}", _Handler._info),
    (("GET",), rf"/api/models/{_NAME}/revision/([^/]+)", _Handler._info),
    (("GET",), rf"/api/models/{_NAME}/tree/([^/]+)", _Handler._tree),
    (("GET", "HEAD"), rf"/{_NAME}/resolve/([^/]+)/(.+)", _Handler._file),
    (("POST",), "/api/repos/create", _Handler._create),
    (("POST",), "/api/validate-yaml", _Handler._checked_yaml),
    (("POST",), rf"/api/models/{_NAME}/branch/([^/]+)", _Handler._branch),
    (("POST",), rf"/api/models/{_NAME}/preupload/([^/]+)", _Handler._preupload),
    (("POST",), rf"/{_NAME}\.git/info/lfs/objects/batch", _Handler._batch),
    (("PUT",), r"/large/([0-9a-f]+)", _Handler._large),
    (("POST",), rf"/api/models/{_NAME}/commit/([^/]+)", _Handler._commit),
]
