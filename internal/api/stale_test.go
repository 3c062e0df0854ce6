package api_test

import (
	"net/http"
	"strings"
	"testing"

	"muster/internal/op"
)

// TestTwoPatchesWithOneETag holds for every route that changes what can be read that
// of two changes with one ETag the first is made and the second is stale, and leaves
// what the first has made.
func TestTwoPatchesWithOneETag(t *testing.T) {
	h, _ := newGuardedHouse(t)
	bob := h.member("bob")
	const org = "/v1/orgs/ACME"
	made := func(path, body string) string { return h.post(path, body).want(t, http.StatusOK).field(t, "id") }
	work := made(org+"/workspaces", `{"name":"Lab"}`)
	project := made(org+"/workspaces/"+work+"/projects", `{"name":"Engine"}`)
	role := made(org+"/roles", `{"name":"Auditor","permissions":["audit.read"]}`)
	service := made(org+"/services", `{"name":"robot"}`)
	key := made(org+"/api-keys", `{"label":"laptop"}`)
	// Keys and parts in workspaces are read in lists alone, which have no tag of one.
	tested := map[string]bool{"/v1/me/keys/{key}": true, "/v1/orgs/{org}/workspaces/{workspace}/members/{user}": true}
	for route, x := range map[string]struct{ path, body string }{
		"/v1/me":                                                   {"/v1/me", `{"name":"Ada %"}`},
		"/v1/users/{user}":                                         {"/v1/users/" + bob.ID, `{"name":"Bob %"}`},
		"/v1/orgs/{org}":                                           {org, `{"description":"%"}`},
		"/v1/orgs/{org}/settings":                                  {org + "/settings", `{"set":["general.message_of_the_day=%"]}`},
		"/v1/orgs/{org}/members/{user}":                            {org + "/members/" + bob.ID, `{"role":"%"}`},
		"/v1/orgs/{org}/roles/{role}":                              {org + "/roles/" + role, `{"description":"%"}`},
		"/v1/orgs/{org}/services/{service}":                        {org + "/services/" + service, `{"description":"%"}`},
		"/v1/orgs/{org}/api-keys/{key}":                            {org + "/api-keys/" + key, `{"label":"%"}`},
		"/v1/orgs/{org}/workspaces/{workspace}":                    {org + "/workspaces/" + work, `{"description":"%"}`},
		"/v1/orgs/{org}/workspaces/{workspace}/projects/{project}": {org + "/workspaces/" + work + "/projects/" + project, `{"description":"%"}`},
	} {
		words := []string{"one", "two"}
		if strings.HasSuffix(route, "/members/{user}") {
			words = []string{"viewer", "admin"}
		}
		read := h.get(x.path).want(t, http.StatusOK)
		tag := read.Header().Get("ETag")
		patch := func(word string) answered {
			return h.send(http.MethodPatch, x.path, strings.ReplaceAll(x.body, "%", word), "If-Match", tag)
		}
		patch(words[0]).want(t, http.StatusOK)
		after := h.get(x.path).want(t, http.StatusOK)
		if after.Header().Get("ETag") == tag {
			t.Errorf("%s: the change leaves the tag", route)
		}
		stale := patch(words[1]).want(t, http.StatusPreconditionFailed)
		if got := stale.field(t, "code"); got != "conflict" {
			t.Errorf("%s: the second is refused as %q", route, got)
		}
		if got := h.get(x.path).want(t, http.StatusOK).Header().Get("ETag"); got != after.Header().Get("ETag") {
			t.Errorf("%s: the second was made", route)
		}
		tested[route] = true
	}
	for _, r := range op.All() {
		if path, ok := strings.CutPrefix(r.Route, "PATCH "); ok && !tested[path] {
			t.Errorf("PATCH %s is not tested", path)
		}
	}
}
