package models

import "strings"

// CheckPlanAtCreation holds the rule for the plan that a new shared organization
// starts with: site admins choose any, others the usual one, or any where the
// installation has self-service; personal plans are for personal workspaces
// alone.
func CheckPlanAtCreation(actor User, to Plan, usual string, selfService bool) error {
	switch {
	case to.Personal:
		return &Error{Code: CodeDenied, Field: "plan", Message: "the plan " + to.Name + " is for personal workspaces only"}
	case actor.SiteAdmin, to.Name == usual, selfService:
		return nil
	}
	return (&Error{Code: CodeDenied, Field: "plan", Message: "only site admins choose the plan of a new organization here"}).
		WithHint("leave it out for the plan %s; the installation's option self_service_plans is off, so ask a site admin for another", usual)
}

// CheckPlanCreates refuses to make an organization on a plan that does not allow
// it, where plans decide who may: own says that a plan the actor is under
// already does, creating names the plans that would.
func CheckPlanCreates(to Plan, own, selfService bool, creating []string) error {
	if own || selfService && to.Has(FeatureOrgSettings) {
		return nil
	}
	if selfService && len(creating) > 0 {
		return (&Error{Code: CodeDenied, Field: "plan", Message: "the plan " + to.Name + " does not allow creating organizations"}).
			WithHint("choose one that does: %s", strings.Join(creating, ", "))
	}
	return Errorf(CodeDenied, "your plan does not allow creating organizations").
		WithHint("join an organization whose plan has it, or ask a site admin to create one and transfer it to you")
}

// CheckBelongToMore refuses somebody one more organization than the installation
// lets each user be in; 0 is no limit. Site admins are let into any.
func CheckBelongToMore(u User, in, limit int, self bool) error {
	if limit == 0 || u.SiteAdmin || in < limit {
		return nil
	}
	most := "which is the limit of this installation"
	if self {
		return Errorf(CodeLimit, "you are in %s, %s", Count(in, "organization"), most).
			WithHint("leave one first: {member.leave}; or ask a site admin")
	}
	return Errorf(CodeLimit, "%s is in %s", u.Email, "as many organizations as this installation allows").
		WithHint("they can leave one; or ask a site admin")
}
