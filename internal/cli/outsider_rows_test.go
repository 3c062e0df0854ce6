package cli

// How each operation is called with what belongs to an organization in which the
// caller has no part. {kind} stands for the id or the name of such a thing.
// Every line is run twice: with what is there and with what never existed.
type outsiderRow struct {
	lines []string
	in    string // standard input
	// own says why an answer other than "not found" is right: then the two
	// answers are only held to be the same.
	own string
}

func line(lines ...string) outsiderRow { return outsiderRow{lines: lines} }

func own(why string, lines ...string) outsiderRow { return outsiderRow{lines: lines, own: why} }

const (
	ofTheCaller = "it is about the caller's own account, whatever --org says"
	byTheCode   = "who holds a code may look at what it is for; these never existed"
)

func outsiderRows() map[string]outsiderRow {
	return map[string]outsiderRow{
		"api_key.create":         line("api-key create --label x", "api-key create --label x --organization", "api-key create --label x --service {service}", "api-key create --label x --service {servicename}", "api-key create --label x --workspace {workspace}"),
		"api_key.list":           line("api-key list", "api-key list --service {servicename}", "api-key list --owner {user}", "api-key list --search {email}"),
		"api_key.revoke":         line("api-key revoke {apikey} --yes"),
		"api_key.revoke.preview": line("api-key revoke {apikey} --dry-run"),
		"api_key.rotate":         line("api-key rotate {apikey}"),
		"api_key.show":           line("api-key show {apikey}"),
		"api_key.update":         line("api-key update {apikey} --label x"),
		"api_key.usage":          line("api-key usage", "api-key usage {apikey}"),
		"api_key.verify":         {lines: []string{"api-key verify"}, in: "mup_000000000000\n"},

		"audit.export": line("audit export", "audit export --actor {user}", "audit export --target {project}"),
		"audit.list":   line("audit list", "audit list --actor {email}", "audit list --actor {user}", "audit list --target {invitation}", "audit list --target {code}", "audit list --action invitation"),
		"audit.verify": line("audit verify"),

		"can_i":      line("can-i invite", "can-i project.change", "can-i project.manage --workspace {workspacename}"),
		"can_i.list": line("can-i", "can-i --workspace {workspace}"),

		"certificate.issue":  line("cert", "cert --key {user}"),
		"certificate.rotate": line("org rotate-ca {code} --yes", "org rotate-ca --now --yes"),

		"code.accept":  own(byTheCode, "join AAAAAAAAAAAAAAAAAAAAAAAAAA accept", "join {link} accept"),
		"code.decline": own(byTheCode, "join AAAAAAAAAAAAAAAAAAAAAAAAAA decline"),
		"code.show":    own(byTheCode, "join AAAAAAAAAAAAAAAAAAAAAAAAAA show", "join {invitation} show", "join {link} show"),

		"event.follow": line("events follow", "events follow --after 0"),
		"event.list":   line("events list", "events list --after 1"),

		"history.list": line("history"),
		"history.redo": line("redo", "redo 1"),
		"history.undo": line("undo", "undo 1"),

		"invitation.accept":         line("invite accept {invitation}", "invite accept {request}"),
		"invitation.approve":        line("invite approve {request}", "invite approve {request} --role {role}", "invite approve {request} {invitation}", "invite approve {asked}"),
		"invitation.code":           line("invite code {invitation}", "invite code {invited}"),
		"invitation.create":         line("invite create --email new@example.com", "invite create --email new@example.com --role {role}", "invite create --email new@example.com --workspace {workspace}:editor"),
		"invitation.decline":        line("invite decline {invitation}", "invite decline {request}"),
		"invitation.delete":         line("invite delete {invitation}", "invite delete {invited}"),
		"invitation.import":         {lines: []string{"invite import -"}, in: "new@example.com\n"},
		"invitation.import.preview": {lines: []string{"invite import - --dry-run"}, in: "new@example.com\n"},
		"invitation.list":           line("invite list", "invite list --search {invited}", "invite list --mine"),
		"invitation.mine":           own(ofTheCaller, "invite mine"),
		"invitation.regenerate":     line("invite regenerate {invitation}", "invite regenerate {invited}"),
		"invitation.reject":         line("invite reject {request}", "invite reject {request} --reason no", "invite reject {asked}"),
		"invitation.request":        line("org request {code}"),
		"invitation.requests":       own(ofTheCaller, "invite mine --requests"),
		"invitation.resend":         line("invite resend {invitation}", "invite resend {invited}"),
		"invitation.revoke":         line("invite revoke {invitation} --yes", "invite revoke {invited} --yes"),
		"invitation.revoke.preview": line("invite revoke {invitation} --dry-run", "invite revoke {invited} --dry-run"),
		"invitation.show":           line("invite show {invitation}", "invite show {request}", "invite show {invited}", "invite show {invitation} {request}"),
		"invitation.stats":          line("invite stats"),
		"invitation.undo":           line("invite undo {invitation}", "invite undo {approved}"),
		"invitation.withdraw":       line("invite withdraw {request}", "invite withdraw {asked}"),

		"key.add":            {lines: []string{"key add"}, in: "nonsense", own: ofTheCaller},
		"key.challenge":      own(ofTheCaller, "key challenge"),
		"key.list":           own(ofTheCaller, "key list"),
		"key.pair":           own(ofTheCaller, "key pair unexpected"),
		"key.remove":         own(ofTheCaller, "key remove {key} --yes", "key remove {fingerprint} --yes"),
		"key.remove.preview": own(ofTheCaller, "key remove {key} --dry-run", "key remove {fingerprint} --dry-run"),
		"key.rename":         own(ofTheCaller, "key rename {key} mine", "key rename {fingerprint} mine"),

		"link.code":           line("invite link code {link}"),
		"link.create":         line("invite link create"),
		"link.list":           line("invite link list", "invite link list --active"),
		"link.revoke":         line("invite link revoke {link} --yes"),
		"link.revoke.preview": line("invite link revoke {link} --dry-run"),
		"link.show":           line("invite link show {link}"),

		"organization.apply":        {lines: []string{"apply -f - --yes"}, in: "members: []\n"},
		"organization.export":       line("org export", "org export {code}"),
		"organization.plan":         {lines: []string{"apply -f -"}, in: "members: []\n"},
		"member.add":                line("member add {user}", "member add {email} --role viewer", "member add out-member@example.com"),
		"member.end":                line("member end {user} --never", "member end {email} --at 30d"),
		"member.former":             line("member former", "member former --search {gone}"),
		"member.keys":               line("org keys", "org keys {code}", "org keys --format allowed_signers", "org keys --workspace {workspace}"),
		"member.leave":              line("member leave --yes"),
		"member.leave.preview":      line("member leave --dry-run"),
		"member.list":               line("member list", "member list --search {email}", "member list --role {role}"),
		"member.reactivate":         line("member reactivate {user}", "member reactivate {suspended}"),
		"member.remove":             line("member remove {user} --yes", "member remove {handle} --yes"),
		"member.remove.preview":     line("member remove {email} --dry-run"),
		"member.restore":            line("member restore {gone}"),
		"member.revoke_key":         line("org revoke-key {fingerprint} --yes", "org revoke-key {user} --yes"),
		"member.revoke_key.preview": line("org revoke-key {fingerprint} --dry-run"),
		"member.role":               line("member role {user} admin", "member role {email} viewer", "member role {user} {role}"),
		"member.show":               line("member show {user}", "member show {email}", "member show {handle}", "member show {owner}"),
		"member.suspend":            line("member suspend {user}", "member suspend {email} --reason no", "member suspend {user} {suspended}"),

		"open": own("it opens the app, which asks as the others do", "open {code}", "open {code}/members"),

		"organization.create":         own("it makes one of one's own", "org create"),
		"organization.delete":         line("org delete --confirm {code}", "org delete {organization} --confirm {code}"),
		"organization.delete.preview": line("org delete {code} --dry-run"),
		"organization.deleted":        own("it lists the caller's own; all of them are for site admins", "org list --deleted"),
		"organization.here":           line("who"),
		"organization.list":           own("it lists the caller's own; all of them are for site admins", "org list"),
		"organization.list_all":       own("it lists the caller's own; all of them are for site admins", "org list --all"),
		"organization.overview":       line("org overview"),
		"organization.purge":          own("it is for site admins", "org purge {code} --confirm {code}", "org purge {organization} --confirm {code}"),
		"organization.restore":        own("it is for site admins", "org restore {code}", "org restore {organization}"),
		"organization.show":           line("org show", "org show {code}", "org show {organization}"),
		"organization.switch":         line("switch {code}", "switch {organization}"),
		"organization.update":         line("org update --name Mine", "org update {code} --name Mine", "org update {organization} --motd hello"),
		"organization.upgrade":        own("it makes one of one's own", "org upgrade"),

		"payment.add":     line("payment add Invoice"),
		"payment.default": line("payment default {payment}"),
		"payment.list":    line("payment list"),
		"payment.remove":  line("payment remove {payment}"),

		"plan.list":        line("plan list"),
		"plan.set":         line("plan set team"),
		"plan.set.preview": line("plan set team --dry-run"),
		"plan.show":        line("plan show"),

		"project.create":         line("project create --name New", "project create --name New --workspace {workspace}", "project create --name New --workspace {workspacename}"),
		"project.delete":         line("project delete {project} --yes", "project delete {projectname} --workspace {workspace} --yes"),
		"project.delete.preview": line("project delete {project} --dry-run", "project delete {projectname} --workspace {workspace} --dry-run"),
		"project.list":           line("project list", "project list --workspace {workspace}", "project list --search {projectname}"),
		"project.show":           line("project show {project}", "project show {projectname} --workspace {workspace}", "project show {project} --workspace {workspacename}"),
		"project.update":         line("project update {project} --name New", "project update {projectname} --workspace {workspace} --environment staging"),

		"role.create":         line("role create --name New --permission audit.read"),
		"role.delete":         line("role delete {role} --yes", "role delete {rolename} --yes"),
		"role.delete.preview": line("role delete {role} --dry-run", "role delete {rolename} --dry-run"),
		"role.list":           line("role list"),
		"role.show":           line("role show {role}", "role show {rolename}", "role show admin"),
		"role.update":         line("role update {role} --name New", "role update {rolename} --permission audit.read"),

		"second_factor.confirm":         own(ofTheCaller, "two-factor confirm 123456"),
		"second_factor.disable":         own(ofTheCaller, "two-factor disable 123456 --yes"),
		"second_factor.disable.preview": own(ofTheCaller, "two-factor disable 123456 --dry-run"),
		"second_factor.enrol":           own(ofTheCaller, "two-factor enrol unexpected"),
		"second_factor.recovery":        own(ofTheCaller, "two-factor recovery 123456"),
		"second_factor.reset":           own("it is for site admins", "two-factor reset {email} --yes", "two-factor reset {user} --yes"),
		"second_factor.status":          own(ofTheCaller, "two-factor status"),
		"second_factor.verify":          own(ofTheCaller, "two-factor verify 123456"),

		"service.create":         line("service create --name x", "service create --name x --workspace {workspace}"),
		"service.list":           line("service list"),
		"service.remove":         line("service remove {service} --yes", "service remove {servicename} --yes"),
		"service.remove.preview": line("service remove {service} --dry-run", "service remove {servicename} --dry-run"),
		"service.show":           line("service show {service}", "service show {servicename}"),
		"service.update":         line("service update {service} --status disabled", "service update {servicename} --status disabled"),

		"settings.list":   line("settings get", "settings get billing"),
		"settings.show":   line("settings get members.who_may_invite"),
		"settings.update": line("settings set general.message_of_the_day=hello", "settings set members.who_may_invite=members --force"),

		"transfer.accept":   line("org accept-transfer {code}", "org accept-transfer {transfer}"),
		"transfer.cancel":   line("org cancel-transfer", "org cancel-transfer {transfer}"),
		"transfer.decline":  line("org decline-transfer {code}", "org decline-transfer {transfer}"),
		"transfer.nominate": line("org transfer {user}", "org transfer {email}"),

		"user.invite": own("it is for site admins", "user invite new@example.com", "user invite new@example.com --site-admin"),
		"view.delete": line("view delete members late"),
		"view.list":   line("view list"),
		"view.rename": line("view rename members late later"),
		"view.save":   line("view save members late role:admin"),

		"user.bind":           own(ofTheCaller, "user bind quit Q"),
		"user.bindings":       own(ofTheCaller, "user bindings --own"),
		"user.reset_bindings": own(ofTheCaller, "user reset-bindings"),
		"user.create":         line("user create --email new@example.com --name New", "user create --email new@example.com --name New --role {role}"),
		"user.delete":         line("user delete {user} --confirm {email}"),
		"user.delete.preview": line("user delete {email} --dry-run"),
		"user.edit":           line("user edit {user} --name New", "user edit {email} --email new@example.com"),
		"user.enrol":          line("user enrol {user}", "user enrol {email}"),
		"user.verify":         line("user verify {user} --yes", "user verify {email} --yes"),
		"user.list":           line("user list", "user list --search {email}", "user list --site-admins", "user list --no-organization"),
		"user.me":             own(ofTheCaller, "whoami"),
		"user.prefer":         own(ofTheCaller, "user prefer theme dark"),
		"user.preferences":    own(ofTheCaller, "user preferences"),
		"user.reactivate":     line("user reactivate {user}", "user reactivate {email}"),
		"user.sessions":       own(ofTheCaller, "user sessions"),
		"user.show":           line("user show {user}", "user show {email}", "user show {handle}"),
		"user.suspend":        line("user suspend {user}", "user suspend {email} --reason no"),
		"user.update":         own(ofTheCaller, "user update"),

		"version": own("it is about the binary", "version"),

		"webhook.create":           line("webhook create --url https://example.com/x"),
		"webhook.delete":           line("webhook delete {webhook} --yes"),
		"webhook.delete.preview":   line("webhook delete {webhook} --dry-run"),
		"webhook.deliveries":       line("webhook deliveries {webhook}"),
		"webhook.list":             line("webhook list"),
		"webhook.redeliver":        line("webhook redeliver {delivery}"),
		"webhook.rotate":           line("webhook rotate {webhook}"),
		"webhook.show":             line("webhook show {webhook}"),
		"webhook.test":             line("webhook test {webhook}"),
		"webhook.update":           line("webhook update {webhook} --status disabled"),
		"workspace.add_member":     line("workspace add {workspace} {user}", "workspace add {workspacename} {email} --role editor"),
		"workspace.change_role":    line("workspace role {workspace} {user} admin"),
		"workspace.create":         line("workspace create --name New"),
		"workspace.delete":         line("workspace delete {workspace} --confirm {workspacename}"),
		"workspace.delete.preview": line("workspace delete {workspace} --dry-run"),
		"workspace.list":           line("workspace list", "workspace list --search {workspacename}"),
		"workspace.members":        line("workspace members {workspace}", "workspace members {workspacename} --search {email}", "workspace members"),
		"workspace.remove_member":  line("workspace remove {workspace} {user}", "workspace remove {workspacename} {email}"),
		"workspace.show":           line("workspace show {workspace}", "workspace show {workspacename}", "workspace show"),
		"workspace.switch":         line("workspace switch {workspace}", "workspace switch {workspacename}"),
		"workspace.update":         line("workspace update {workspace} --name New", "workspace update {workspacename} --description new"),
	}
}

// inACME are words that stand in the data of ACME and nowhere else.
func inACME() []string {
	return []string{"mel@", "pen@", "req@", "gone@", "Skunkworks", "Engine", "Auditor", "Crawler", "Pettycash", "lnk_", "prj_", "wsp_", "role_"}
}
