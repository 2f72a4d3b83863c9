import Layout from '@theme/Layout';
import { parseScript } from '@tcblab/drill/script';

export default function Page() {
  return (
    <Layout title="viewer">
      <main className="container">
        <h1>viewer</h1>
        <p>{typeof parseScript}</p>
      </main>
    </Layout>
  );
}
