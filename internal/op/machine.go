package op

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"muster/internal/keyfile"
	"muster/models"
)

func machineRows() []*Row {
	return []*Row{
		row(Def[orgKeysIn, OrgKeys]{
			Name: "member.keys", Does: "write the keys of the members for sshd and git", Command: "org keys",
			Long: `Write the SSH keys of an organization's members, without a name of the chosen one.
Without --format they are listed.

--format authorized_keys is for sshd, allowed_signers for git and ssh-keygen -Y,
krl is a list of what is revoked, ca the keys that sign certificates (TrustedUserCAKeys),
and json has all of it. A key that was only pasted and never used is in none of them.

Keys of people who have left stay in allowed_signers with the time until which they
counted: what they signed before verifies, what they sign after does not. The options
that choose by role and workspace choose among the members; those keys stay.`,
			Example: "muster org keys\nmuster org keys ACME --format allowed_signers > allowed_signers\nmuster org keys --format authorized_keys --role owner,admin --hardware",
			Needs:   View, Route: "GET /v1/orgs/{org}/keys",
			Check: func(in orgKeysIn) error { return in.check() },
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgKeysIn) (OrgKeys, error) {
				x, err := d.Store.OrgKeys(ctx, a, in.Org, models.KeyQuery{
					Roles: in.Roles, Workspace: in.Workspace, Types: in.Types, Hardware: in.Hardware, Unless: in.Unless,
				})
				if err != nil {
					return OrgKeys{}, err
				}
				return in.answer(x)
			},
		}),
		row(Def[orgRevokeKeyIn, OrgKey]{
			Name: "member.revoke_key.preview", Does: "show which key of a member would be revoked",
			Needs: Members, Also: "everybody for their own", Route: "GET /v1/orgs/{org}/keys/{key}/revocation",
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgRevokeKeyIn) (OrgKey, error) {
				k, err := d.Store.OrgKey(ctx, a, in.Org, in.Key)
				return OrgKey{in.Org, k}, err
			},
		}),
		row(Def[orgRevokeKeyIn, OrgKey]{
			Name: "member.revoke_key", Does: "say that a member's key is in other hands", Command: "org revoke-key",
			Long: `Say that the private half of a key may be in other hands, by its fingerprint. Hosts and
git of the organization take it no more, not even for what it signed before: it is in
no list but the krl, and certificates for it are revoked. Its holder may, and whoever
manages members. It cannot be taken back. It still signs its holder in to muster
until they remove it with ` + "`key remove`" + `.`,
			Example: "muster org revoke-key SHA256:… --dry-run\nmuster org revoke-key SHA256:… --reason \"stolen laptop\" --yes",
			Needs:   Members, Also: "everybody for their own", Route: "POST /v1/orgs/{org}/keys/{key}/revocation", Changes: true,
			Preview: "member.revoke_key.preview", Confirm: &Confirm{Pin: pin(func(in *orgRevokeKeyIn, shown OrgKey) { in.Key = shown.Fingerprint })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgRevokeKeyIn) (OrgKey, error) {
				k, err := d.Store.RevokeOrgKey(ctx, a, in.Org, in.Key, in.Reason)
				return OrgKey{in.Org, k}, err
			},
		}),
		row(Def[certificateIn, models.Certificate]{
			Name: "certificate.issue", Does: "sign your key for the organization's hosts", Command: "cert",
			Long: `Sign the key that you are connected with, for the hosts of the organization: they trust
its authority (` + "`org keys --format ca`" + `) and ask nobody when you log in. It is valid for 8 hours
unless --for says otherwise, 24 at most, and is written to standard output: keep it
beside the key, with -cert.pub in place of .pub.

It names you as user:HANDLE and role:ROLE; which accounts these open is for each host to
say (AuthorizedPrincipalsFile). It is revoked when you are removed or suspended, your
role or handle changes or the key goes: at once for hosts that pull the krl, and
otherwise when it expires.`,
			Example: "muster cert --key SHA256:… --for 1h", Remote: "muster cert > ~/.ssh/id_ed25519-cert.pub\nmuster cert --for 1h --only-here",
			Needs: View, Also: "members only", Route: "POST /v1/orgs/{org}/certificates", Changes: true,
			Check: func(in certificateIn) error { _, err := in.life(); return err },
			Run: func(ctx context.Context, d Deps, a models.Actor, in certificateIn) (models.Certificate, error) {
				life, err := in.life()
				if err != nil {
					return models.Certificate{}, err
				}
				return d.Store.IssueCertificate(ctx, a, in.Org, models.CertificateRequest{Key: in.Key, Life: life, OnlyHere: in.OnlyHere})
			},
		}),
		row(Def[rotateIn, OrgKeys]{
			Name: "certificate.rotate", Does: "let the next key sign the organization's certificates", Command: "org rotate-ca",
			Long: `Let the next key of the organization's authority sign its certificates. Hosts that have
the present list (` + "`org keys --format ca`" + `) trust it already. The one before is trusted for
another 24 hours, until everything that it signed has expired; with --now no longer,
and everybody asks for a new certificate.`,
			Example: "muster org rotate-ca --yes",
			Needs:   Settings, Route: "POST /v1/orgs/{org}/certificates/rotation", Changes: true, Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in rotateIn) (OrgKeys, error) {
				x, err := d.Store.RotateAuthority(ctx, a, in.Org, in.Now)
				if err != nil {
					return OrgKeys{}, err
				}
				return orgKeysIn{Format: models.KeysAuthorities}.answer(x)
			},
		}),
	}
}

type orgKeysIn struct {
	orgIn
	Format    string   `flag:"format" query:"format" complete:"json|authorized_keys|allowed_signers|krl|ca" help:"authorized_keys, allowed_signers, krl, ca or json"`
	Roles     []string `flag:"role" query:"role" complete:"role" comma:"true" help:"only keys of members with these roles"`
	Workspace string   `flag:"workspace" query:"workspace" complete:"workspace" help:"only keys of members who have a part of this workspace"`
	Types     []string `flag:"type" query:"type" comma:"true" help:"only keys of these types, like ssh-ed25519"`
	Hardware  bool     `flag:"hardware" query:"hardware" help:"only hardware keys (sk-…)"`
	Unless    string   `flag:"unless" query:"unless" help:"a version: answer with no more than that, if nothing has changed since"`
}

func (in orgKeysIn) check() error {
	switch in.Format {
	case "", models.KeysJSON:
		return nil
	}
	_, err := keyfile.Write(models.KeyExport{}, in.Format)
	return err
}

// answer is an export in the form that was asked for.
func (in orgKeysIn) answer(x models.KeyExport) (OrgKeys, error) {
	v := OrgKeys{KeyExport: x, Format: in.Format}
	switch {
	case in.Unless != "" && in.Unless == x.Version:
		v.Unchanged = true
		return v, nil
	case in.Format == "" || in.Format == models.KeysJSON:
		return v, nil
	}
	v.KeyExport = models.KeyExport{ID: x.ID, Code: x.Code, Version: x.Version, MadeAt: x.MadeAt}
	b, err := keyfile.Write(x, in.Format)
	if v.Text = string(b); in.Format == models.KeysKRL {
		v.Text = base64.StdEncoding.EncodeToString(b)
	}
	return v, err
}

// OrgKeys are the keys of an organization for machines: all of them, or a file in
// the form that was asked for.
type OrgKeys struct {
	models.KeyExport
	Unchanged bool   `json:"unchanged"` // since the version that was given
	Format    string `json:"format,omitempty"`
	Text      string `json:"text,omitempty"` // the file in that form; of krl in base64
}

// File is the content of the file, byte by byte.
func (v OrgKeys) File() ([]byte, error) {
	if v.Format != models.KeysKRL {
		return []byte(v.Text), nil
	}
	return base64.StdEncoding.DecodeString(v.Text)
}

type orgRevokeKeyIn struct {
	inOrg
	Key    string `path:"key" arg:"KEY"`
	Reason string `flag:"reason" body:"reason" help:"why, for the log"`
}

// OrgKey is a key that is revoked, or would be.
type OrgKey struct {
	ID string `json:"id"`
	models.RevokedKey
}

type certificateIn struct {
	inOrg
	For      string `flag:"for" body:"for" help:"how long it holds, from 1m to 24h (default: 8h)"`
	Key      string `flag:"key" body:"key" complete:"key" help:"id or fingerprint of another key of yours"`
	OnlyHere bool   `flag:"only-here" body:"only_here" help:"to be used only from the address that you come from now"`
}

func (in certificateIn) life() (time.Duration, error) {
	if strings.TrimSpace(in.For) == "" {
		return models.CheckCertificateTime(0)
	}
	d, err := time.ParseDuration(in.For)
	if err != nil || d <= 0 {
		return 0, models.Invalid("for", "for %q is not a length of time", models.SafeText(in.For)).WithHint("for example: --for 8h")
	}
	return models.CheckCertificateTime(d)
}

type rotateIn struct {
	orgIn
	Now bool `flag:"now" body:"now" help:"trust the key before no longer"`
}
