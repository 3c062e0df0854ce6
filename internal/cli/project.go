package cli

import (
	"fmt"

	"muster/internal/op"
	"muster/models"
)

func projectWords() map[string]words {
	return map[string]words{
		"project.list": shows(func(c *cli, page op.List[models.Project]) error {
			rows := make([][]string, len(page.Items))
			for i, p := range page.Items {
				rows[i] = []string{p.Name, p.Environment, p.WorkspaceName, c.ago(p.UpdatedAt), p.ID}
			}
			return c.table([]string{"NAME", "ENVIRONMENT", "WORKSPACE", "CHANGED", "ID"}, rows, page.Next, "no projects match")
		}),
		"project.show":   shows((*cli).showProject),
		"project.update": shows((*cli).showProject),
		"project.create": says(func(_ *cli, p models.Project) string {
			return fmt.Sprintf("created the project %s in %s, %s", p.Name, p.WorkspaceName, p.ID)
		}),
		"project.delete.preview": says(func(_ *cli, d op.ProjectDeletion) string {
			return fmt.Sprintf("deleting the project %s of %s permanently", d.Name, d.Project.WorkspaceName)
		}),
		"project.delete": asking(says(func(_ *cli, d op.ProjectDeletion) string {
			return fmt.Sprintf("deleted the project %s of %s", d.Name, d.Project.WorkspaceName)
		}), func(_ *cli, d op.ProjectDeletion) string {
			return "delete the project " + d.Name + " of the workspace " + d.Project.WorkspaceName + " permanently?"
		}),
	}
}

func (c *cli) showProject(p models.Project) error {
	return c.facts("name", p.Name, "id", p.ID, "workspace", p.WorkspaceName, "description", p.Description,
		"environment", p.Environment, "created", c.at(p.CreatedAt), "by", p.CreatedBy, "changed", c.at(p.UpdatedAt))
}
