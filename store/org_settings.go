package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/models"
)

// settingRules are what the store knows of a setting beyond its definition.
type settingRules struct {
	column  string                                                                 // of the organization's row; "" for the table of settings
	value   func(o *org) string                                                    // where there is no row in that table
	choices func(t *tx, o *org) []string                                           // in place of the definition's
	whoMay  func(t *tx) string                                                     // likewise, where the installation decides; "" for the definition's
	may     func(t *tx, o *org) error                                              // asked after the permission, in place of what the section asks
	check   func(ctx context.Context, t *tx, o *org, value string) (string, error) // against what is in use
}

var settingsOfStore = map[string]settingRules{
	models.SetName:        {column: "name", value: func(o *org) string { return o.Name }},
	models.SetCode:        {column: "code", value: func(o *org) string { return o.Code }},
	models.SetDescription: {column: "description", value: func(o *org) string { return o.Description }},
	models.SetAccent:      {column: "accent", value: func(o *org) string { return o.Accent }},
	models.SetBadge:       {column: "badge", value: func(o *org) string { return o.Badge }},
	models.SetMOTD:        {column: "motd", value: func(o *org) string { return o.MOTD }},
	models.SetCredits:     {value: func(o *org) string { return strconv.Itoa(o.plan.Credits) }},
	models.SetPlan:        planSetting,
	models.SetSeatLimit:   {check: checkSeatLimit},
	models.SetCreditLimit: {check: checkCreditLimit},
	models.SetAPIRate:     {check: checkAPIRate},
	models.SetPayment:     {check: checkDefaultPayment},
}

// Settings lists the settings of an organization with their values, for
// everybody in it; billing is for who may change it. ReadOnly says why the actor cannot change one.
func (s *Store) Settings(ctx context.Context, a models.Actor, orgID string) (list []models.SettingValue, err error) {
	err = s.view(ctx, a, event{"settings.show", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		list, err = t.settings(ctx, o)
		return err
	})
	return list, err
}

func (t *tx) settings(ctx context.Context, o *org) ([]models.SettingValue, error) {
	values, err := t.settingValues(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for key, v := range o.ownSettings() {
		values[key] = v
	}
	var list []models.SettingValue
	for _, d := range models.Settings() {
		if !d.SeenBy(o.access) {
			continue
		}
		v := models.SettingValue{Key: d.Key, Title: d.Title, Help: d.Help, Kind: d.Kind, Default: d.Default, Choices: d.Choices, WhoMay: t.whoMay(d)}
		if choices := settingsOfStore[d.Key].choices; choices != nil {
			v.Choices = choices(t, o)
		}
		var ok bool
		if v.Value, ok = values[d.Key]; !ok {
			v.Value = d.Default
		}
		if v.ReadOnly = o.hint(func() error { return t.maySet(o, d) }); v.ReadOnly != "" && d.Fixed != "" {
			v.ReadOnly = d.Fixed
		}
		list = append(list, v)
	}
	return list, nil
}

// ownSettings are the values that stand in the organization's row, or follow
// from its plan.
func (o *org) ownSettings() map[string]string {
	values := map[string]string{}
	for key, s := range settingsOfStore {
		if s.value != nil {
			values[key] = s.value(o)
		}
	}
	return values
}

// Setting is one setting with its value. One that the actor does not see is
// CodeDenied.
func (s *Store) Setting(ctx context.Context, a models.Actor, orgID, key string) (v models.SettingValue, err error) {
	d, err := models.FindSetting(key)
	if err != nil {
		return v, err
	}
	err = s.view(ctx, a, event{"settings.show", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		t.found("organization", o.ID, o.Code)
		if !d.SeenBy(o.access) {
			return t.require(o, d.Permission)
		}
		list, err := t.settings(ctx, o)
		if err != nil {
			return err
		}
		v = list[slices.IndexFunc(list, func(v models.SettingValue) bool { return v.Key == key })]
		return nil
	})
	return v, err
}

// whoMay names who changes a setting.
func (t *tx) whoMay(d models.SettingDef) string {
	if d.Fixed != "" {
		return "nobody"
	}
	if who := settingsOfStore[d.Key].whoMay; who != nil && who(t) != "" {
		return who(t)
	}
	return d.WhoMay()
}

// maySet refuses settings that the actor, or the kind of the organization, does
// not have.
func (t *tx) maySet(o *org, d models.SettingDef) error {
	if err := first(t.require(o, d.Permission), func() error { return t.keySetting(d.Section()) }); err != nil {
		return err
	}
	if d.Fixed != "" {
		return models.Errorf(models.CodeDenied, "%s cannot be set: %s", d.Key, d.Fixed)
	}
	if may := settingsOfStore[d.Key].may; may != nil {
		return may(t, o)
	}
	if o.access.Personal && (d.Section() == "members" || d.Section() == "security" || d.Key == models.SetCode || d.Key == models.SetSeatLimit) {
		return models.Errorf(models.CodeDenied, "a personal workspace does not have this setting").
			WithHint("create a shared organization: {organization.create}")
	}
	if !o.access.Personal && (d.Section() == "members" || d.Section() == "security") {
		return o.plan.Require(models.FeatureOrgSettings)
	}
	return nil
}

// UpdateSettings saves settings, all of them or none, for owners and admins.
// Where a change has a Base that is no longer the stored value, the error is
// CodeConflict and says what changed. A change that would lock its author out
// of inviting, or of the organization, is refused unless force.
func (s *Store) UpdateSettings(ctx context.Context, a models.Actor, orgID string, changes []models.SettingChange, force bool) (list []models.SettingValue, err error) {
	err = s.change(ctx, a, event{"settings.update", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		t.found("organization", o.ID, o.Code)
		if err := t.saveSettings(ctx, o, changes, force); err != nil {
			return err
		}
		// Not org: the new settings may keep their author out from now on.
		if o, err = t.lookupOrg(ctx, o.ID); err != nil {
			return err
		}
		list, err = t.settings(ctx, o)
		return err
	})
	return list, err
}

func (t *tx) saveSettings(ctx context.Context, o *org, changes []models.SettingChange, force bool) error {
	values, err := t.settingValues(ctx, o.ID)
	if err != nil {
		return err
	}
	for key, v := range o.ownSettings() {
		values[key] = v
	}
	before, after, err := t.changedSettings(ctx, o, values, changes)
	if err != nil {
		return err
	}
	if len(after) == 0 {
		return nil
	}
	if err := t.checkSecurityChange(after); err != nil {
		return err
	}
	if !force {
		if err := t.checkInviteLockOut(ctx, o, values); err != nil {
			return err
		}
		if err := t.checkAccessLockOut(ctx, values); err != nil {
			return err
		}
	}
	for key, v := range after {
		if err := t.storeSetting(ctx, o, key, v.(string)); err != nil {
			return err
		}
		if d, err := models.FindSetting(key); err == nil && d.Private {
			before[key], after[key] = isSet(before[key], "set"), isSet(v, "changed")
		}
	}
	if err := t.log(ctx, o.entry(event{"settings.update", "organization", o.ID, o.Code}, before, after)); err != nil {
		return err
	}
	if plan, ok := after[models.SetPlan].(string); ok {
		if err := t.endFlatRoles(ctx, o, o.plan, t.s.plan(plan)); err != nil {
			return err
		}
	}
	if !concernsSponsors(after) {
		return nil
	}
	return t.reviewSponsors(ctx, o, "")
}

// checkSecurityChange leaves security settings to people: no token changes them.
func (t *tx) checkSecurityChange(after fields) error {
	for key := range after {
		if strings.HasPrefix(key, "security.") {
			return t.actor.CheckPerson("change settings of the section security")
		}
	}
	return nil
}

// changedSettings checks changes of settings, and gives what they make of the
// values: those that differ, as they were and as they are then.
func (t *tx) changedSettings(ctx context.Context, o *org, values map[string]string, changes []models.SettingChange) (before, after fields, err error) {
	before, after = fields{}, fields{}
	named := map[string]bool{}
	var stale []models.Stale
	for _, c := range changes {
		d, err := models.FindSetting(c.Key)
		if err != nil {
			return nil, nil, err
		}
		if named[d.Key] {
			return nil, nil, models.Invalid(d.Key, "%s is named twice", d.Key)
		}
		named[d.Key] = true
		if err := t.maySet(o, d); err != nil {
			return nil, nil, err
		}
		was, ok := values[d.Key]
		if !ok {
			was = d.Default
		}
		v, err := d.Check(d.Key, c.Value)
		if err != nil {
			return nil, nil, err
		}
		if c.Base != nil && *c.Base != was && v != was {
			stale = append(stale, models.Stale{Field: d.Key, Theirs: was})
			continue
		}
		if v == was {
			continue
		}
		if check := settingsOfStore[d.Key].check; check != nil {
			if v, err = check(ctx, t, o, v); err != nil {
				return nil, nil, err
			}
		}
		values[d.Key], before[d.Key], after[d.Key] = v, was, v
	}
	if len(stale) > 0 {
		return nil, nil, t.conflict(ctx, event{"settings.update", "organization", o.ID, o.Code}, o.ID, stale)
	}
	return before, after, nil
}

// concernsSponsors tells whether one of some changed settings may take the right
// to grant an invitation away.
func concernsSponsors(changed fields) bool {
	for key := range changed {
		if key == models.SetPlan || strings.HasPrefix(key, "members.") {
			return true
		}
	}
	return false
}

// isSet is what the log says of a value that is not for everybody who reads it.
func isSet(v any, set string) string {
	if v == "" {
		return "not set"
	}
	return set
}

func (t *tx) storeSetting(ctx context.Context, o *org, key, value string) error {
	col := settingsOfStore[key].column
	if col == "" {
		_, err := t.exec(ctx, `INSERT INTO settings (org_id, key, value) VALUES ($1, $2, $3)
			ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value`, o.ID, key, value)
		return err
	}
	if key == models.SetCode {
		var other string
		err := t.row(ctx, "SELECT id FROM organizations WHERE code_norm = $1 AND id <> $2", models.NormCode(value), o.ID).Scan(&other)
		if err == nil {
			return codeTaken(value)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if models.NormCode(value) != models.NormCode(o.Code) {
			if err := t.codePassedForAll(ctx, o.ID); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, "UPDATE organizations SET code_norm = $1 WHERE id = $2", models.NormCode(value), o.ID); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, "UPDATE organizations SET "+col+" = $1, updated_at = $2 WHERE id = $3", value, micros(t.now), o.ID)
	if err != nil {
		return err
	}
	if err := t.refreshOrganizationText(ctx, o.ID); err != nil {
		return err
	}
	return t.signalMembers(ctx, o.ID)
}

// signalMembers lets everybody's switcher show the organization's new name,
// code or colour.
func (t *tx) signalMembers(ctx context.Context, orgID string) error {
	ids, err := collect(ctx, t, scanString, `SELECT DISTINCT m.user_id FROM sessions s JOIN memberships m ON m.user_id = s.user_id
		WHERE m.org_id = $1 AND s.alive_until > $2`, orgID, micros(t.now))
	t.signal(ids...)
	return err
}

// checkInviteLockOut refuses settings under which their author could no longer invite
// anybody.
func (t *tx) checkInviteLockOut(ctx context.Context, o *org, values map[string]string) error {
	old, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return err
	}
	set := models.ParseMemberSettings(values)
	may := func(s models.MemberSettings) bool {
		_, err := o.access.CheckInvite(s, models.RoleViewer)
		return err == nil
	}
	if may(old) && !may(set) {
		return models.Locked(fmt.Sprintf("with %s = %s you could no longer invite", models.SetInvite, set.InvitePolicy),
			"choose another value, or force it")
	}
	if set.SelfApproval || !old.SelfApproval || set.InvitePolicy != models.PolicyApproval {
		return nil
	}
	var others int
	if err := t.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.org_id = $1 AND m.role_order <= $2 AND m.status <> 'suspended' AND u.status = 'active' AND m.user_id <> $3 LIMIT 1) AS o`,
		o.ID, roleOrder(models.RoleAdmin), t.user.ID).Scan(&others); err != nil {
		return err
	}
	if others == 0 {
		return models.Locked(fmt.Sprintf("with %s = off nobody could approve your invitations: there is no other owner or admin", models.SetSelfApproval),
			"make somebody an admin first, or force it")
	}
	return nil
}
