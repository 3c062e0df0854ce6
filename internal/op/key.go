package op

import (
	"context"
	"slices"
	"time"

	"muster/internal/sshkey"
	"muster/models"
)

func keyRows() []*Row {
	return []*Row{
		row(Def[none, List[models.Key]]{
			Name: "key.list", Does: "list your SSH keys", Command: "key list",
			Long:    "List the SSH public keys that sign you in.",
			Example: "muster key list",
			Route:   "GET /v1/me/keys",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (List[models.Key], error) {
				return whole(d.Store.ListKeys(ctx, a))
			},
		}),
		row(Def[keyAddIn, models.Key]{
			Name: "key.add", Does: "add a public key to your account", Command: "key add",
			Long: `Add a public key from a file, or from standard input without a file or with -: the
line of a .pub file, or the block that PuTTYgen and ssh-keygen -e write. Over SSH, give
it on standard input or as arguments: files of the server are never read.

Anyone can paste a public key, so a pasted key counts as yours once it has signed in.
Until then, whoever proves that it is theirs gets it. To prove a key at once, give a
signature by it over the line that key challenge shows, in place of the key.` + withCode,
			Example: "muster key add ~/.ssh/id_ed25519.pub\nmuster key add --label laptop < key.pub\nmuster key add < signature",
			Remote:  "muster key add --label laptop < ~/.ssh/id_ed25519.pub",
			Route:   "POST /v1/me/keys", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in keyAddIn) (models.Key, error) {
				if text := []byte(in.Key); sshkey.IsSignature(text) {
					host, err := d.Site.HostKey()
					if err != nil {
						return models.Key{}, err
					}
					return d.Store.AddSignedKey(ctx, a, text, in.Label, host, in.Code)
				}
				key, err := sshkey.Parse([]byte(in.Key))
				if err != nil {
					return models.Key{}, err
				}
				if in.Label != nil {
					key.Label = *in.Label
				}
				return d.Store.AddKey(ctx, a, key, in.Code)
			},
		}),
		row(Def[none, models.KeyChallenge]{
			Name: "key.challenge", Does: "show what to sign to prove a key", Command: "key challenge",
			Long: `Show a line that names your account and this installation. A signature over it by
a key, made with ssh-keygen -Y sign, proves that the key is yours: give it to key add.
The line is valid for one to two hours.`,
			Example: "muster key challenge",
			Route:   "GET /v1/me/keys/challenge",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (models.KeyChallenge, error) {
				host, err := d.Site.HostKey()
				if err != nil {
					return models.KeyChallenge{}, err
				}
				return d.Store.KeyChallenge(ctx, a, host)
			},
		}),
		row(Def[keyRenameIn, models.Key]{
			Name: "key.rename", Does: "change the label of a key", Command: "key rename",
			Long:    "Change the label of one of your keys. KEY is its id or fingerprint.",
			Example: "muster key rename SHA256:… laptop",
			Route:   "PATCH /v1/me/keys/{key}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in keyRenameIn) (models.Key, error) {
				return d.Store.RenameKey(ctx, a, in.Key, in.Label)
			},
		}),
		row(Def[keyIn, models.Key]{
			Name: "key.remove.preview", Does: "preview removing a key",
			Route: "GET /v1/me/keys/{key}/removal",
			Run: func(ctx context.Context, d Deps, a models.Actor, in keyIn) (models.Key, error) {
				return ownKey(ctx, d, a, in.Key)
			},
		}),
		row(Def[keyIn, models.Key]{
			Name: "key.remove", Does: "remove keys; the last one stays", Command: "key remove",
			Long: `Remove your keys: they no longer sign you in. KEY is an id or fingerprint. The last
key cannot be removed. On a terminal the command asks; elsewhere it needs --yes.`,
			Example: "muster key remove SHA256:… --dry-run\nmuster key remove SHA256:… --yes",
			Route:   "DELETE /v1/me/keys/{key}", Many: "Key", Changes: true,
			Preview: "key.remove.preview", Confirm: &Confirm{Pin: pin(func(in *keyIn, shown models.Key) { in.Key = shown.ID })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in keyIn) (models.Key, error) {
				return d.Store.RemoveKey(ctx, a, in.Key)
			},
		}),
		row(Def[pairIn, Pairing]{
			Name: "key.pair", Does: "create a one-time code that adds the key of a new machine", Command: "key pair",
			Long: `Create a code that can be used once, within a short time, to add another machine's
key to your account. Anyone with this line can sign in as you: do not share it.` + withCode,
			Example: "muster key pair\nmuster key pair --code 123456",
			Route:   "POST /v1/me/pairing", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in pairIn) (Pairing, error) {
				code, expires, err := d.Store.CreatePairing(ctx, a, in.Code)
				if err != nil {
					return Pairing{}, err
				}
				return Pairing{code, expires.UTC(), d.Site.JoinCommand(code)}, nil
			},
		}),
	}
}

// ownKey finds a key of the actor by its id or fingerprint.
func ownKey(ctx context.Context, d Deps, a models.Actor, ref string) (models.Key, error) {
	keys, err := d.Store.ListKeys(ctx, a)
	if err != nil {
		return models.Key{}, err
	}
	i := slices.IndexFunc(keys, func(k models.Key) bool { return k.ID == ref || k.Fingerprint == ref })
	if i < 0 {
		return models.Key{}, models.Errorf(models.CodeNotFound, "you have no such key").WithHint("list yours with: {key.list}")
	}
	return keys[i], nil
}

type keyIn struct {
	Key string `path:"key" arg:"KEY" complete:"key"`
}

type keyRenameIn struct {
	keyIn
	Label string `body:"label" arg:"LABEL"`
}

// withCode says in the help what --code is for.
const withCode = "\n\nIf you have a second factor, give the code that your authenticator app shows now\nwith --code, even if you have entered one in this session."

// freshCodeIn is the code that goes with a change of how one signs in.
type freshCodeIn struct {
	Code string `flag:"code" body:"code" help:"a code from your authenticator app, or a recovery code"`
}

type pairIn struct {
	freshCodeIn
}

type keyAddIn struct {
	freshCodeIn
	Key   string  `arg:"[FILE]" body:"key" read:"key"`
	Label *string `flag:"label" body:"label" help:"a name for the key (default: its comment)"`
}

// Pairing is a code for a new machine.
type Pairing struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires_at"`
	Line    string    `json:"join_command"`
}
