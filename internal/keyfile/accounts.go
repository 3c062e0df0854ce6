package keyfile

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"muster/models"
)

// Accounts says who may use which account of a host. An account that is not in it
// is nobody's.
type Accounts map[string]Account

// Account is who may use one account of a host: the users, and whoever has one of
// the roles and a part of one of the workspaces, where these are given.
type Account struct {
	Users      []string `toml:"users"` // verified addresses, handles or ids
	Roles      []string `toml:"roles"`
	Workspaces []string `toml:"workspaces"`
	Types      []string `toml:"types"`    // only keys of these types
	Hardware   bool     `toml:"hardware"` // only hardware keys
	Options    string   `toml:"options"`  // in front of the key, as in authorized_keys: restrict,pty
}

const maxAccounts = 1 << 20

// ReadAccounts reads the file of accounts. A word in it that is not known refuses
// all of it: it may have been a condition.
func ReadAccounts(path string) (Accounts, error) {
	b, err := readSafe(path, maxAccounts)
	if err != nil {
		return nil, err
	}
	var file struct {
		Accounts Accounts `toml:"accounts"`
	}
	meta, err := toml.NewDecoder(bytes.NewReader(b)).Decode(&file)
	if err != nil {
		return nil, models.Invalid("map", "%s: %v", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, models.Invalid("map", "%s: %s is not known", path, unknown[0]).
			WithHint("an account has users, roles, workspaces, types, hardware and options")
	}
	for name, a := range file.Accounts {
		if len(a.Users)+len(a.Roles)+len(a.Workspaces) == 0 {
			return nil, models.Invalid("map", "%s: the account %s names nobody", path, name).WithHint("give it users, roles or workspaces")
		}
		if strings.ContainsAny(a.Options, "\n\r\x00") {
			return nil, models.Invalid("map", "%s: the options of %s are more than one line", path, name)
		}
	}
	return file.Accounts, nil
}

// takes tells whether an account is for the holder of a key, by this key.
func (a Account) takes(k models.HeldKey) bool {
	if a.Hardware && !models.HardwareKey(k.Type) || len(a.Types) > 0 && !slices.Contains(a.Types, k.Type) {
		return false
	}
	for _, u := range a.Users {
		if u == k.UserID || u == k.Handle || k.EmailVerified && models.NormEmail(u) == models.NormEmail(k.Email) {
			return true
		}
	}
	if len(a.Roles)+len(a.Workspaces) == 0 {
		return false
	}
	return (len(a.Roles) == 0 || slices.Contains(a.Roles, k.Role)) &&
		(len(a.Workspaces) == 0 || slices.ContainsFunc(a.Workspaces, func(w string) bool { return slices.Contains(k.Workspaces, w) }))
}

// Lines are those of authorized_keys for an account of a host. With a key, its type
// and base64, only that one's.
func (all Accounts) Lines(x models.KeyExport, account, keyType, key string, now time.Time) []byte {
	a, ok := all[account]
	if !ok {
		return nil
	}
	var b bytes.Buffer
	for _, k := range x.Keys {
		if k.OpensAt(now) && a.takes(k) && (key == "" || k.Key == key && k.Type == keyType) {
			b.WriteString(AuthorizedLine(k, a.Options))
		}
	}
	return b.Bytes()
}
