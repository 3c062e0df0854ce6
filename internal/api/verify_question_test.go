package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// generally reads the body of a verification as those of all other operations are.
func generally(body []byte) (q models.KeyQuestion, err error) {
	fields, err := object(body)
	if err != nil {
		return q, err
	}
	row := op.Find("api_key.verify")
	r := httptest.NewRequest(http.MethodPost, "/v1/keys/verify", nil)
	in, _, err := decodeObject(row, r, fields)
	if err != nil {
		return q, err
	}
	v := reflect.ValueOf(in).Elem()
	return models.KeyQuestion{Key: v.FieldByName("Secret").String(), Scopes: v.FieldByName("Scopes").Interface().([]string),
		Cost: int(v.FieldByName("Cost").Int()), Address: v.FieldByName("Address").String(), Workspace: v.FieldByName("Workspace").String()}, nil
}

// FuzzPlainQuestion holds that the short way to read a verification takes nothing that
// the general one does not, and reads it the same.
func FuzzPlainQuestion(f *testing.F) {
	for body, plain := range map[string]bool{
		`{"key":"k"}`: true,
		` { "key" : "k", "scopes" : [ "member.list" , "audit" ] , "cost" : 12 , "address" : "::1", "workspace":"General" } ` + "\n": true,
		`{"key":"k","cost":0}`:  true,
		`{"key":"k","cost":01}`: false, `{"key":"k","cost":-1}`: false, `{"key":"k","cost":1.0}`: false, `{"key":"k","cost":1e2}`: false,
		`{"key":"k","cost":99999999}`: false, `{"key":"k","scopes":[]}`: false, `{"key":"k","scopes":[1]}`: false, `{"key":"k","scopes":["a",]}`: false,
		`{"key":"\u006b"}`: false, `{"KEY":"k"}`: false, `{"key":"k","more":1}`: false, `{"key":"k","org":"ACME"}`: false, `{"key":null}`: false,
		`{"key":"k",}`: false, `{"key":"k"}{}`: false, `{"key":"k"} x`: false, `{"key":"k"`: false, `{"key":"k","key":"l"}`: false, `{}`: false, ``: false, `[]`: false,
		`{"key":"kö"}`: false, "{\"key\":\"k\x00\"}": false, `{"scopes":["a"],"scopes":["b"],"key":"k"}`: false,
	} {
		if _, ok := plainQuestion([]byte(body)); ok != plain {
			f.Errorf("%s is plain: %v", body, ok)
		}
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		q, ok := plainQuestion(body)
		if !ok {
			return
		}
		if want, err := generally(body); err != nil || !reflect.DeepEqual(q, want) {
			t.Errorf("%q is %+v, and %+v (%v) in general", body, q, want, err)
		}
	})
}

// TestVerdictsAreWrittenTheSame holds that what is put together for a valid key is what
// JSON makes of the answer.
func TestVerdictsAreWrittenTheSame(t *testing.T) {
	limit := &models.KeyLimit{Limit: 600, Remaining: 599, ResetsAt: time.Date(2026, 8, 1, 9, 30, 0, 120_000_000, time.UTC)}
	v := models.KeyVerdict{
		Valid: true, Code: models.KeyValid, Scopes: []string{"*"}, Workspaces: []models.KeyPlace{{ID: "wsp_1", Name: "General <&>\u202e", Role: "editor"}},
		Key:          &models.VerifiedKey{ID: "mup_1", Kind: models.KeyPersonal, Label: `a "b"`, ExpiresAt: &limit.ResetsAt},
		Organization: &models.VerifiedOrg{ID: "org_1", Code: "ACME", Plan: "team"}, Subject: &models.KeySubject{Type: "user", ID: "usr_1", Name: "Ada Ä", Role: "owner"},
		Prepared: new(models.Prepared),
	}
	for range 2 {
		for _, x := range [][2]*models.KeyLimit{{nil, nil}, {limit, nil}, {nil, limit}, {limit, limit}} {
			v.Rate, v.Credits = x[0], x[1]
			var want bytes.Buffer
			if err := output.JSON(&want, v); err != nil {
				t.Fatal(err)
			}
			if got, err := verdictText(v); err != nil || string(got) != want.String() {
				t.Errorf("%v: %s\nwant %s", err, got, want.String())
			}
		}
	}
}
