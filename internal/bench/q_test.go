package main
import ("testing";"context";"time";"muster/store";"muster/models";"os";"fmt")
func TestQ(t *testing.T){
 ctx:=context.Background()
 dir:="/tmp/benchworld"
 if _,err:=os.Stat(dir+"/muster.db"); err!=nil { if _,err:=makeWorld(ctx,dir,100000,10);err!=nil{t.Fatal(err)} }
 st,err:=store.Open(ctx,store.Options{Dir:dir}); if err!=nil{t.Fatal(err)}
 u,_:=st.FirstAdmin(ctx); a:=models.Actor{UserID:u.ID,Via:models.ViaTUI}
 v,err:=st.Organization(ctx,a,"acme"); if err!=nil{t.Fatal(err)}
 med:=func(name string, f func()(int,int)){ var d []time.Duration; n,m:=0,0; for range 15{ b:=time.Now(); n,m=f(); d=append(d,time.Since(b))}; fmt.Printf("%-50s %8.2f ms  max %8.2f  rows %d matches %d\n",name,float64(quantile(d,.5))/1e6,float64(quantile(d,1))/1e6,n,m)}
 for _,s:=range []models.MemberSort{"email","name","role","status","joined","last_seen"} { for _,f:=range []models.MemberQuery{{},{Role:"viewer"},{Role:"owner"},{Status:"active"},{Status:"suspended"},{Role:"admin",Status:"suspended"}} { f.Sort=s; f.Limit=50
  med(fmt.Sprintf("members %s %s %s",s,f.Role,f.Status),func()(int,int){p,e:=st.ListMembers(ctx,a,v.ID,f); if e!=nil{t.Fatal(e)}; return len(p.Items),p.Matches}) } }
 for _,s:=range [][]models.InvitationState{nil,{"requested"},{"pending"},{"expired"},{"accepted","declined"}} {
  med(fmt.Sprintf("invitations %v",s),func()(int,int){p,e:=st.ListInvitations(ctx,a,v.ID,models.InvitationQuery{States:s,Limit:50}); if e!=nil{t.Fatal(e)}; return len(p.Items),p.Matches}) }
 for _,term:=range []string{"a", "z", "7", "ł", "q", "ad", "zo", "99", "qx", "ada", "ace", "777", "zzz", "hopp", "love", "0042", "xyzz", "ada0000", "example", "ops.example", "nobody at all", "ada059500@art.example.com","grace hopper"} {
  med("search m "+term,func()(int,int){p,e:=st.ListMembers(ctx,a,v.ID,models.MemberQuery{Search:term,Sort:"email",Limit:50}); if e!=nil{t.Fatal(e)}; return len(p.Items),p.Matches})
  med("search i "+term,func()(int,int){p,e:=st.ListInvitations(ctx,a,v.ID,models.InvitationQuery{Search:term,Limit:50}); if e!=nil{t.Fatal(e)}; return len(p.Items),p.Matches})
 }
}
