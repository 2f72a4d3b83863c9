import Layout from '@theme/Layout';
import { parseScript } from '@tcblab/drill/script';

export default function Page() {
  return (
    <Layout title="playground">
      <main className="container">
        <h1>playground</h1>
        <p>{typeof parseScript}</p>
      </main>
    </Layout>
  );
}
