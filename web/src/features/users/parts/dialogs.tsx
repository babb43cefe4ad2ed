import { useState } from "react";
import { NewKeyDialog } from "@/app/new-key";
import { dialectOf } from "@/lib/snippets";
import { useFirstProviderType } from "../queries";
import type { UsersSearch } from "../search";
import { CreateKey, EditKey } from "./key-form";
import { CreateUser, EditUser, type MadeKey } from "./user-form";

interface Props {
  search: UsersSearch;
  onClose: () => void;
}

/** Whichever dialog the address names; and a new key, which no address may name. */
export default function Dialogs({ search, onClose }: Props) {
  const [made, setMade] = useState<MadeKey | null>(null);
  const provider = useFirstProviderType(made !== null);
  const onMade = (key: MadeKey) => {
    setMade(key);
    onClose();
  };
  if (made) {
    return (
      <NewKeyDialog {...made} dialect={dialectOf(provider.data)} onClose={() => setMade(null)} />
    );
  }
  if (search.create) return <CreateUser onClose={onClose} onMade={onMade} />;
  if (search.newKey) return <CreateKey userId={search.newKey} onClose={onClose} onMade={onMade} />;
  if (search.edit) return <EditUser id={search.edit} onClose={onClose} />;
  if (search.editKey) return <EditKey id={search.editKey} onClose={onClose} />;
  return null;
}
