package cli

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"muster/internal/keyfile"
	"muster/internal/orgfile"
	"muster/internal/tools/pages"
	"muster/models"
	"muster/sshserver"
	"muster/store"
)

// lasting is a length of time as the pages have it.
func lasting(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// bytesOf is a number of bytes as the pages have it.
func bytesOf(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

func textLimitsPart() string {
	return pages.Table([]string{"what", "at most"}, [][]string{
		{"names of people, organizations, workspaces, projects, roles, links", fmt.Sprintf("%d characters, %d bytes", models.MaxNameGraphemes, models.MaxNameBytes)},
		{"email addresses", fmt.Sprintf("%d bytes", models.MaxEmailBytes)},
		{"messages, descriptions, reasons", bytesOf(models.MaxLongBytes)},
		{"keys of a user", fmt.Sprint(models.MaxKeys)},
		{"custom roles of an organization", fmt.Sprint(models.MaxCustomRoles)},
		{"payment methods of an organization", fmt.Sprint(models.MaxPaymentMethods)},
		{"saved views of a user in an organization", fmt.Sprint(models.MaxViews)},
		{"keys of an action of the app", fmt.Sprint(models.MaxKeysOfAction)},
		{"networks on the IP allowlist", fmt.Sprint(models.MaxNetworks)},
		{"workspaces named in one invitation", fmt.Sprint(models.MaxWorkspaceGrants)},
		{"rows of a page of a list", fmt.Sprintf("%d (%d if `--limit` is left out)", models.MaxLimit, models.DefaultLimit)},
		{"a list to import", fmt.Sprintf("%s, %d rows", bytesOf(models.MaxImportBytes), models.MaxImportRows)},
		{"an organization as a file", fmt.Sprintf("%s, %d words and marks, nested %d deep", bytesOf(orgfile.MaxFile), orgfile.MaxTokens, orgfile.MaxNesting)},
		{"days of an overview", fmt.Sprintf("%d to %d", models.MinOverviewDays, models.MaxOverviewDays)},
		{"a public key or a code given to a command", fmt.Sprintf("%s, %s", bytesOf(maxKeyText), bytesOf(maxCodeLine))},
	})
}

func invitationLimitsPart() string {
	l := models.DefaultInviteLimits()
	return pages.Table([]string{"what", "limit"}, [][]string{
		{"expiry of an invitation", fmt.Sprintf("%s to %s; %s where neither the invitation nor the organization says", lasting(models.MinExpiry), lasting(models.MaxExpiry), lasting(models.DefaultExpiry))},
		{"undo of a decision, and the wait before its mail leaves", lasting(models.UndoTime)},
		{"between two mails of one invitation", lasting(models.ResendPause)},
		{"open invitations of one person in one organization", fmt.Sprintf("%d (`limits.inviter_open`)", l.InviterOpen)},
		{"sent by one person in one organization on a day", fmt.Sprintf("%d (`limits.inviter_day`)", l.InviterDay)},
		{"open invitations of one organization", fmt.Sprintf("%d (`limits.organization_open`)", l.OrgOpen)},
		{"sent by one organization on a day", fmt.Sprintf("%d (`limits.organization_day`)", l.OrgDay)},
		{"sent to one address on a day, by the whole installation", fmt.Sprintf("%d (`limits.recipient_day`)", l.RecipientDay)},
		{"uses of a join link; active links of an organization", fmt.Sprintf("%d (%d if not said); %d", models.MaxLinkUses, models.DefaultLinkUses, models.MaxActiveLinks)},
		{"one-time code for another machine", lasting(store.PairingTime)},
		{"one-time code for an account that an admin made", lasting(models.EnrolmentTime)},
		{"answer to a nomination as owner", lasting(models.TransferTime)},
		{"restoring a removed member or a deleted organization", lasting(models.RestoreTime)},
		{"an SSH certificate", fmt.Sprintf("%s to %s (%s if not said)", lasting(models.MinCertificateTime), lasting(models.MaxCertificateTime), lasting(models.CertificateTime))},
		{"a snapshot of keys that the server has not confirmed lets people in for", lasting(keyfile.StaleAfter) + " (`--stale`)"},
		{"a code of the second factor opens for", lasting(models.SecondFactorTime) + ", for the key and the address"},
	})
}

// serverLimitsPart has every field of the server's limits.
func serverLimitsPart(t *testing.T) string {
	t.Helper()
	what := []struct{ fields, text string }{
		{"Handshake", "to sign in, from the connection on"},
		{"Keys", "keys that a client may offer"},
		{"Handshakes HandshakesAddress HandshakesKnown", "connections that have not signed in: in all, from one network, and of all kept for networks that somebody signed in from within a day"},
		{"HandshakeWait", "a connection beyond those of its network waits for its turn"},
		{"Connections ConnectionsUser", "connections that have signed in: in all, of one user"},
		{"Channels", "sessions over one connection"},
		{"Lifetime", "a connection, whatever happens on it"},
		{"Idle IdleWarning", "the app without input; with the warning after"},
		{"Keepalive KeepaliveMisses", "between two probes of a client; probes without an answer that end it"},
		{"Stall CommandStall", "a client that does not read; the reader of a command's answer"},
		{"Width Height", "columns and rows of a terminal"},
		{"ResizeInterval", "between two sizes of a terminal that count"},
		{"EnvVars EnvBytes TermBytes", "variables that a client sends; bytes of one; of `TERM`"},
		{"CommandBytes StdinBytes", "a command line; its standard input"},
		{"CommandTime AnswerTime", "a command may run; wait for an answer on a terminal"},
		{"CommandsPerSecond", "commands of one user in a second"},
		{"KeysPerSecond FramesPerSecond", "keys of one user in a second, in all sessions; frames"},
		{"StopNotice WindDown Stop", "notice before a stop; then for sessions to end; the whole stop"},
	}
	limits := reflect.ValueOf(sshserver.DefaultLimits())
	seen := map[string]bool{}
	var rows [][]string
	for _, w := range what {
		var values []string
		for _, name := range strings.Fields(w.fields) {
			seen[name] = true
			switch v := limits.FieldByName(name).Interface().(type) {
			case time.Duration:
				values = append(values, lasting(v))
			case int:
				if strings.HasSuffix(name, "Bytes") {
					values = append(values, bytesOf(v))
				} else {
					values = append(values, fmt.Sprint(v))
				}
			}
		}
		rows = append(rows, []string{w.text, strings.Join(values, "; ")})
	}
	for i := range limits.NumField() {
		if name := limits.Type().Field(i).Name; !seen[name] {
			t.Errorf("docs do not say what the limit %s is", name)
		}
	}
	return pages.Table([]string{"what", "limit"}, rows)
}
