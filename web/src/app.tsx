import { useEffect, useMemo, useState } from "preact/hooks";
import { AccountGate } from "./account/account-gate.tsx";
import { WorkspaceView } from "./chat/workspace-view.tsx";
import { openApi, Session } from "./client/index.ts";
import { exposeForTests } from "./shell/debug.ts";
import { Workspace } from "./shell/workspace.ts";

const api = openApi();

export function App() {
  const session = useMemo(() => new Session({ refresh: api.refresh }), []);
  const [user, setUser] = useState(session.user);
  const [workspace, setWorkspace] = useState<Workspace | null>(null);

  useEffect(() => session.on("changed", setUser), [session]);
  useEffect(() => {
    if (!user) return setWorkspace(null);
    const mine = new Workspace(user, session);
    exposeForTests(mine);
    setWorkspace(mine);
    mine.start();
    return () => mine.dispose();
  }, [user?.id]);

  if (!user) return <AccountGate api={api} onSignedIn={(reply) => session.signIn(reply)} />;
  if (!workspace) return null;

  const signOut = () => {
    const refresh = session.refreshToken;
    session.signOut();
    // The tokens are forgotten here whatever the server says; told, it ends the session as well.
    if (refresh) api.logout(refresh).catch(() => undefined);
  };
  return <WorkspaceView workspace={workspace} onSignOut={signOut} />;
}
