package api

import (
	"maps"

	"muster/internal/op"
)

// verifyOperation is the operation api_key.verify, with the organization in the body.
func (s *schemas) verifyOperation(r *op.Row) dict {
	o := s.operation(r)
	o["operationId"] = verifying
	o["description"] = "For " + r.Who() + ". The answer is 200 for a key that is not valid, too: code says why. The organization is that of the API key it is asked with; people who sign a token name it."
	delete(o, "parameters")
	body := o["requestBody"].(dict)
	body["required"] = true
	content := body["content"].(dict)["application/json"].(dict)["schema"].(dict)
	content["required"] = []string{"key"}
	properties := maps.Clone(content["properties"].(dict))
	properties["org"] = dict{"type": "string", "description": "id or code of the organization, where the credential is for several"}
	content["properties"] = properties
	return o
}

// authOperation is what proxies ask.
func authOperation() dict {
	text := dict{"type": "string"}
	query := func(name, does string, required bool, schema dict) dict {
		return dict{"name": name, "in": "query", "required": required, "description": does, "schema": schema}
	}
	headers := dict{}
	for name, does := range map[string]string{
		"X-Muster-Organization": "code of the organization", "X-Muster-Organization-Id": "its id", "X-Muster-Subject": "id of whom the key acts for",
		"X-Muster-Subject-Type": "user, organization or service", "X-Muster-Role": "their role, percent-encoded", "X-Muster-Scopes": "what the key may do, with blanks between",
		"X-Muster-Key": "id of the API key, or fingerprint of the SSH key",
	} {
		headers[name] = dict{"description": does, "schema": text}
	}
	return dict{
		"operationId": "auth", "summary": "say whether an API key or a signed token lets a request pass, for a proxy", "tags": []string{"service"},
		"description": "Answers auth_request of nginx, forward_auth of Caddy and forwardAuth of Traefik: the request has the key, or the token, of whoever is to pass. A token must name the audience.",
		"parameters": []any{
			query("org", "id or code of the organization that the key has to be of, or * for any", true, dict{"type": "string", "minLength": 1}),
			query("audience", "the site that is guarded, which tokens have to name as aud; without it, only API keys pass", false, text),
			query("scope", "an operation that it has to be good for; more than once for several", false, dict{"type": "array", "items": text}),
			query("workspace", "a workspace that it has to have a part in, by id or name", false, text),
			query("cost", "credits that it uses", false, dict{"type": "integer", "minimum": 0}),
		},
		"responses": problems(dict{"204": dict{"description": "it may pass", "headers": headers}}),
	}
}
