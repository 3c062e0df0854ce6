package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
)

// dict is an object of the document. Its keys come out sorted, so that the same
// table makes the same bytes.
type dict = map[string]any

// Document is the OpenAPI document of all routes, made from the table of
// operations.
func Document() ([]byte, error) {
	s := newSchemas()
	paths := dict{
		"/healthz": dict{"get": service("healthz", "say that the process answers")},
		"/readyz":  dict{"get": service("readyz", "say whether requests should come here")},
		"/v1/exec": dict{"post": execOperation()},
		"/v1/auth": dict{"get": authOperation()},
	}
	for _, r := range op.All() {
		method, path, _ := strings.Cut(r.Route, " ")
		at, ok := paths[path].(dict)
		if !ok {
			at = dict{}
			paths[path] = at
		}
		at[strings.ToLower(method)] = s.operation(r)
	}
	paths["/v1/keys/verify"] = dict{"post": s.verifyOperation(op.Find("api_key.verify"))}
	s.all["Problem"] = s.structure(reflect.TypeFor[Problem]())
	s.all["Problem"].(dict)["required"] = []string{"type", "title", "status", "detail", "code"}
	responses := dict{}
	for status, does := range statuses() {
		responses[responseName(status)] = dict{"description": does, "content": dict{"application/problem+json": dict{"schema": ref("Problem")}}}
	}
	doc := dict{
		"openapi": "3.1.0",
		"info": dict{
			"title": "muster", "version": "1",
			"description": "Organizations, members and invitations. Each operation is a command as well, of the same name and with the same JSON.",
			"license":     dict{"name": "MIT", "identifier": "MIT"},
		},
		"servers":    []any{dict{"url": "/", "description": "the server that this document comes from"}},
		"tags":       tags(),
		"paths":      paths,
		"security":   []any{dict{"token": []string{}}},
		"components": dict{"schemas": s.all, "responses": responses, "securitySchemes": dict{"token": dict{"type": "http", "scheme": "bearer", "description": "a token that your SSH key signed"}}},
	}
	text, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// statuses are those of errors, with what each says.
func statuses() map[int]string {
	return map[int]string{
		http.StatusBadRequest:          "the request cannot be read, lacks something, or has what the route does not take",
		http.StatusUnauthorized:        "there is no good credential; the answer is the same whatever is wrong with it",
		http.StatusForbidden:           "the caller may not do this, or a limit is reached that waiting does not lift",
		http.StatusNotFound:            "it does not exist, or not for the caller",
		http.StatusConflict:            "it is taken, or not in a state for this",
		http.StatusGone:                "it has expired, was revoked or is used up",
		http.StatusPreconditionFailed:  "it has changed since it was read",
		http.StatusUnprocessableEntity: "a value is not allowed; field names it",
		http.StatusTooManyRequests:     "too often; Retry-After says when to try again",
		http.StatusInternalServerError: "a fault of the server, whose log tells more of the request",
	}
}

func responseName(status int) string { return "Problem" + strconv.Itoa(status) }

func ref(name string) dict { return dict{"$ref": "#/components/schemas/" + name} }

func tags() []any {
	var out []any
	seen := map[string]bool{}
	for _, r := range op.All() {
		noun, _, _ := strings.Cut(r.Name, ".")
		if !seen[noun] {
			seen[noun] = true
			out = append(out, dict{"name": noun})
		}
	}
	return append(out, dict{"name": "service"})
}

// service is an operation that says how the server is.
func service(name, does string) dict {
	body := dict{"application/json": dict{"schema": dict{"type": "object", "properties": dict{"status": dict{"type": "string"}}}}}
	return dict{"operationId": name, "summary": does, "tags": []string{"service"}, "security": []any{}, "responses": dict{
		"200": dict{"description": "yes", "content": body}, "503": dict{"description": "no", "content": body},
	}}
}

func execOperation() dict {
	args := dict{"type": "array", "items": dict{"type": "string"}, "minItems": 1, "maxItems": maxArgs, "description": "the words of the command, as behind ssh HOST"}
	return dict{
		"operationId": "exec", "summary": "run a command", "tags": []string{"service"},
		"description": "Runs a command as over SSH, with --json. The answer is what the command writes, and where that is nothing its error; " + ExitStatus + " says how it ended.",
		"parameters":  []any{idempotencyParameter()},
		"requestBody": dict{"required": true, "content": dict{"application/json": dict{"schema": dict{
			"type": "object", "required": []string{"args"}, "additionalProperties": false,
			"properties": dict{"args": args, "stdin": dict{"type": "string", "description": "what the command reads from its standard input"}},
		}}}},
		"responses": problems(dict{"200": dict{"description": "the answer of the command", "content": dict{"application/json": dict{"schema": dict{}}}}}),
	}
}

func problems(responses dict) dict {
	for status := range statuses() {
		responses[strconv.Itoa(status)] = dict{"$ref": "#/components/responses/" + responseName(status)}
	}
	return responses
}

func idempotencyParameter() dict {
	return dict{"name": idempotencyKey, "in": "header", "required": false, "description": "the change is made once for each key, and asked again within a day it has the same answer",
		"schema": dict{"type": "string", "minLength": 1, "maxLength": models.MaxIdempotencyKey}}
}

// operation is one row of the table.
func (s *schemas) operation(r *op.Row) dict {
	method, path, _ := strings.Cut(r.Route, " ")
	noun, _, _ := strings.Cut(r.Name, ".")
	o := dict{"operationId": r.Name, "summary": r.Does, "description": describe(r), "tags": []string{noun}}
	var parameters []any
	properties, requiredNames := dict{}, []string{}
	for _, f := range r.Fields {
		switch {
		case f.Path != "" && strings.Contains(path, "{"+f.Path+"}"):
			parameters = append(parameters, dict{"name": f.Path, "in": "path", "required": true, "schema": dict{"type": "string", "minLength": 1}, "description": pathHelp(f)})
		case method != http.MethodGet && f.Body != "":
			properties[f.Body] = fieldSchema(f)
			if required(f) {
				requiredNames = append(requiredNames, f.Body)
			}
		case f.Query != "":
			p := dict{"name": f.Query, "in": "query", "required": f.Arg != "" && f.Arg[0] != '[', "schema": fieldSchema(f)}
			if f.Type.Kind() == reflect.Slice {
				p["explode"] = !f.Comma
				p["style"] = "form"
			}
			parameters = append(parameters, p)
		}
	}
	if r.Owner {
		properties[unasked] = dict{"type": "boolean", "description": "make somebody an owner, who may then do everything there"}
	}
	if method == http.MethodPost && r.Changes {
		parameters = append(parameters, idempotencyParameter())
	}
	if readOf(r) != nil {
		parameters = append(parameters, dict{"name": "If-Match", "in": "header", "required": false, "schema": dict{"type": "string"},
			"description": "the ETag of what was read; if it is another by now, nothing is changed"})
	}
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if len(properties) > 0 {
		slices.Sort(requiredNames)
		schema := dict{"type": "object", "properties": properties, "additionalProperties": false}
		if len(requiredNames) > 0 {
			schema["required"] = requiredNames
		}
		o["requestBody"] = dict{"required": len(requiredNames) > 0, "content": dict{"application/json": dict{"schema": schema}}}
	}
	o["responses"] = problems(dict{"200": s.answerOf(r)})
	return o
}

func describe(r *op.Row) string {
	text := "For " + r.Who() + "."
	if r.Command != "" {
		text += " The command is: " + r.Command + "."
	}
	if r.ForPeople() {
		text += " A token does not do this, only somebody who is there with their key."
	}
	return text
}

func pathHelp(f op.Field) string {
	switch f.From {
	case "org":
		return "id or code of the organization, or personal"
	case "log":
		return "id or code of the organization, or installation for its own log"
	}
	return "what it is called, as in commands"
}

func fieldSchema(f op.Field) dict {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	d := dict{}
	switch t.Kind() {
	case reflect.Bool:
		d["type"] = "boolean"
	case reflect.Int:
		d["type"] = "integer"
		if f.Query == "limit" {
			d["minimum"], d["maximum"] = 1, models.MaxLimit
		}
	case reflect.Slice:
		d["type"], d["items"] = "array", dict{"type": "string"}
	default:
		d["type"] = "string"
	}
	if f.Help != "" {
		d["description"] = f.Help
	}
	if f.Default != "" && t.Kind() == reflect.String {
		d["default"] = f.Default
	}
	return d
}

// answerOf is what a row answers when all is well.
func (s *schemas) answerOf(r *op.Row) dict {
	if r.Out == reflect.TypeFor[op.Stream]() {
		text := dict{"schema": dict{"type": "string"}}
		return dict{"description": "bit by bit, in the form that format names", "content": dict{"application/jsonl": text, "text/csv": text}}
	}
	if follows(r) {
		return dict{"description": "server-sent events: of each the id is its number, and the data an entry of the log as JSON. It goes on until the client leaves. With Last-Event-ID it goes on behind that event. Before it ends because the caller may not read on, an event named end tells why.",
			"content": dict{"text/event-stream": dict{"schema": dict{"type": "string"}}}}
	}
	schema := s.of(r.Out)
	if r.Changes && r.InOrganization() {
		schema = dict{"allOf": []any{schema, dict{"type": "object", "properties": dict{"organization": s.of(reflect.TypeFor[op.Organization]())}}}}
		if s.has(r.Out, "organization") {
			schema = s.of(r.Out)
		}
	}
	out := dict{"description": "done", "content": dict{"application/json": dict{"schema": schema}}}
	if strings.HasPrefix(r.Route, http.MethodGet) || readOf(r) != nil {
		out["headers"] = dict{"ETag": dict{"description": "stands for what was read", "schema": dict{"type": "string"}}}
	}
	return out
}
